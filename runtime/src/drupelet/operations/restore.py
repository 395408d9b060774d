"""Puts masked padding back: what Keras's layers that know no mask see beside the tokens."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation, only, positive
from drupelet.operations.value_type import MAX_LENGTH, ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

SIDES = ("pre", "post")
FILLS = ("zeros", "previous", "next")


class Restore(Operation):
    """ids or steps, one for each token -> the same kind with ``length`` steps; the tokens stand at one end.

    ``side``: where the padding stands. ``fill``: a step of padding is zeros (id 0), or repeats the ``previous`` step of the
    text (what a layer that reads forwards outputs for it), or the ``next`` one (a layer that reads backwards). Before the
    first and after the last step, where there is none to repeat, it is zeros. A text has at most ``length`` tokens.
    """

    side: str
    length: int
    fill: str

    name = "restore"
    choices = {"side": SIDES, "fill": FILLS}

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("length", self.length, MAX_LENGTH)

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "ids", "steps")
        if value.length is not None:
            raise FormatError(f"restores the padding of {value}, expected one step for each token")
        if value.kind == "ids" and self.fill != "zeros":
            raise FormatError(f"fills ids with {self.fill}, expected zeros")
        return ValueType(value.kind, self.length, value.width)

    def summary(self) -> str:
        return f"padding to {self.length}"
