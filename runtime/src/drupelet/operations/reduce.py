"""One vector from all steps: global pooling, sum, first and last step."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation, only
from drupelet.operations.value_type import ValueType, vector_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

FUNCTIONS = ("max", "average", "sum", "first", "last", "min")


class Reduce(Operation):
    """steps (length, width) -> vector (width,).

    Of no step, the average is not a number (0 / 0), as in Keras; all others are zeros. ``zero_below`` (max only; None: never)
    adds a step of zeros to a text of fewer tokens, because Keras pools over the outputs of masked steps.
    """

    function: str
    zero_below: int | None = None

    name = "reduce"
    choices = {"function": FUNCTIONS}

    def __post_init__(self) -> None:
        self.check_attributes()
        if self.zero_below is not None and self.function != "max":
            raise FormatError(f"{self.function} with zero_below: only a maximum has it")

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps")
        if self.zero_below is not None and value.length is not None:
            raise FormatError(f"zero_below for {value}: expected as many steps as tokens")
        return vector_of(value.width)

    def summary(self) -> str:
        names = {"max": "max pooling", "average": "average pooling", "sum": "sum of steps", "min": "minimum of steps"}
        return names.get(self.function, f"{self.function} step")
