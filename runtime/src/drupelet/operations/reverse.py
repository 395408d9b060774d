"""The steps in reverse order: what a layer with go_backwards returns."""

from __future__ import annotations

from drupelet.operations.operation import Operation, only
from drupelet.operations.value_type import ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class Reverse(Operation):
    """steps (length, width) -> the same type, the last step first."""

    name = "reverse"

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        return only(inputs, "steps")

    def summary(self) -> str:
        return "reversed steps"
