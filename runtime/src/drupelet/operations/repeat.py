"""Each step several times: RepeatVector and UpSampling1D."""

from __future__ import annotations

from drupelet.operations.operation import Operation, fixed, only, positive
from drupelet.operations.value_type import MAX_LENGTH, ValueType, steps_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class Repeat(Operation):
    """vector (width,), or steps (length, width) of fixed length -> steps (length * times, width): each ``times`` in a row."""

    times: int

    name = "repeat"

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("times", self.times, MAX_LENGTH)

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps", "vector")
        return steps_of(fixed(value) * self.times, value.width)

    def summary(self) -> str:
        return f"RepeatVector({self.times})"
