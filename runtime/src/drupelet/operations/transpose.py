"""Steps become features, and features become steps: Permute((2, 1))."""

from __future__ import annotations

from drupelet.operations.operation import Operation, fixed, only
from drupelet.operations.value_type import ValueType, steps_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class Transpose(Operation):
    """steps (length, width) of fixed length -> steps (width, length)."""

    name = "transpose"

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps")
        return steps_of(value.width, fixed(value))

    def summary(self) -> str:
        return "Permute"
