"""Joins two or more values: concatenated, or number by number."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation, fixed
from drupelet.operations.value_type import ValueType, steps_of, vector_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

FUNCTIONS = ("concat", "concat_steps", "add", "multiply", "average", "maximum", "minimum", "subtract")
MAX_INPUTS = 64
"""Most values that one operation joins."""


class Merge(Operation):
    """Two or more values -> one. From left to right: ((a + b) + c), a - b for two inputs.

    ``concat`` joins the features of vectors, or of steps of one length; ``concat_steps`` the steps, of fixed lengths and one
    width. The other functions work number by number: a vector meets every step, and a width of 1 meets every feature.
    """

    function: str

    name = "merge"
    choices = {"function": FUNCTIONS}

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        if not 2 <= len(inputs) <= (2 if self.function == "subtract" else MAX_INPUTS):
            raise FormatError(f"{self.function} of {len(inputs)} inputs")
        if any(value.kind == "ids" for value in inputs):
            raise FormatError(f"{self.function} of ids, expected steps or vectors")
        steps = [value for value in inputs if value.kind == "steps"]
        if self.function == "concat_steps":
            if len(steps) != len(inputs) or len({value.width for value in inputs}) != 1:
                raise FormatError(f"concat_steps of {_listed(inputs)}, expected steps of one width")
            return steps_of(sum(fixed(value) for value in inputs), inputs[0].width)
        if len({value.length for value in steps}) > 1:
            raise FormatError(f"{self.function} of {_listed(inputs)}, expected as many steps in each")
        if self.function == "concat":
            if steps and len(steps) != len(inputs):
                raise FormatError(f"concat of {_listed(inputs)}, expected steps or vectors, not both")
            width = sum(value.width for value in inputs)
        else:
            widths = {value.width for value in inputs if value.width != 1}
            if len(widths) > 1:
                raise FormatError(f"{self.function} of {_listed(inputs)}, expected one width")
            width = widths.pop() if widths else 1
        return steps_of(steps[0].length, width) if steps else vector_of(width)

    def summary(self) -> str:
        return {"concat": "Concatenate", "concat_steps": "Concatenate(steps)"}.get(
            self.function, self.function.capitalize()
        )


def _listed(inputs: Sequence[ValueType]) -> str:
    return ", ".join(str(value) for value in inputs)
