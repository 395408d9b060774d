"""A part of the steps, or steps of zeros around them: slices, Cropping1D and ZeroPadding1D."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation, fixed, only
from drupelet.operations.value_type import MAX_LENGTH, ValueType, steps_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class Window(Operation):
    """steps (length, width) of fixed length -> fewer or more steps.

    First ``drop_first`` and ``drop_last`` steps are left out at the ends, then ``zeros_first`` and ``zeros_last`` steps of
    zeros are put there.
    """

    drop_first: int
    drop_last: int
    zeros_first: int
    zeros_last: int

    name = "window"

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps")
        kept = fixed(value) - self.drop_first - self.drop_last
        if kept < 1:
            raise FormatError(f"leaves {kept} of {value}, expected at least one step")
        if max(self.zeros_first, self.zeros_last) > MAX_LENGTH:
            raise FormatError(f"{max(self.zeros_first, self.zeros_last)} steps of zeros, expected at most {MAX_LENGTH}")
        return steps_of(kept + self.zeros_first + self.zeros_last, value.width)

    def summary(self) -> str:
        return "part of the steps" if self.drop_first or self.drop_last else "ZeroPadding1D"
