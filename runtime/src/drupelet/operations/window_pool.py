"""The maximum or average over windows of steps."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation, fixed, only, positive
from drupelet.operations.value_type import MAX_LENGTH, ValueType, steps_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

FUNCTIONS = ("max", "average")


class WindowPool(Operation):
    """steps (length, width) -> steps (output length, width): Keras's MaxPooling1D and AveragePooling1D.

    ``left`` and ``right`` steps may be missing at the ends: they count neither for the maximum nor for the average. Each is
    smaller than ``size``.
    """

    function: str
    size: int
    stride: int
    left: int
    right: int

    name = "window_pool"
    choices = {"function": FUNCTIONS}

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("size", self.size, MAX_LENGTH)
        positive("stride", self.stride, MAX_LENGTH)
        if max(self.left, self.right) >= self.size:
            raise FormatError(
                f"windows of {self.size} steps, {max(self.left, self.right)} of them missing; expected fewer"
            )

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps")
        room = fixed(value) + self.left + self.right - self.size
        if room < 0:
            raise FormatError(f"reads {value}, fewer steps than a window of {self.size}")
        return steps_of(room // self.stride + 1, value.width)

    def work(self, inputs: Sequence[ValueType], tokens: int) -> int:
        return self.size * inputs[0].width * fixed(self.output(inputs))

    def scratch(self, inputs: Sequence[ValueType], tokens: int) -> int:
        return inputs[0].width * (fixed(inputs[0]) + self.left + self.right)

    def summary(self) -> str:
        name = {"max": "MaxPooling1D", "average": "AveragePooling1D"}[self.function]
        return f"{name}({self.size})" if self.stride == self.size else f"{name}({self.size}, stride {self.stride})"
