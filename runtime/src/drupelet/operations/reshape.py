"""The same numbers in another form: Flatten and Reshape."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation, fixed, only, positive
from drupelet.operations.value_type import MAX_LENGTH, MAX_WIDTH, ValueType, steps_of, vector_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class Reshape(Operation):
    """Steps of fixed length, or a vector -> steps (length, width), or a vector (width,) with ``length`` None; row-major."""

    length: int | None
    width: int

    name = "reshape"

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("width", self.width, MAX_WIDTH)
        if self.length is not None:
            positive("length", self.length, MAX_LENGTH)

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps", "vector")
        if fixed(value) * value.width != (self.length or 1) * self.width:
            raise FormatError(f"reads {value}, gives {(self.length or 1) * self.width} numbers; expected as many")
        return vector_of(self.width) if self.length is None else steps_of(self.length, self.width)

    def summary(self) -> str:
        return "Flatten" if self.length is None else f"Reshape({self.length}, {self.width})"
