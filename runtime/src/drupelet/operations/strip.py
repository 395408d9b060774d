"""Leaves masked padding out: what Keras's layers that know a mask see of steps that others computed."""

from __future__ import annotations

from drupelet.operations.operation import Operation, fixed, only
from drupelet.operations.value_type import ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

SIDES = ("pre", "post")


class Strip(Operation):
    """steps of the padded length -> one step for each token: the last ones with ``side`` pre, the first ones with post."""

    side: str

    name = "strip"
    choices = {"side": SIDES}

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps")
        fixed(value)
        return ValueType(value.kind, None, value.width)

    def summary(self) -> str:
        return "tokens alone"
