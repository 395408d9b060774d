"""A matrix product and a bias, on a vector or on every step."""

from __future__ import annotations

from drupelet.operations.operation import COLUMNS, FLOATS, Operation, only, positive
from drupelet.operations.value_type import MAX_WIDTH, ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class Dense(Operation):
    """vector (width,) -> vector (units,), or steps (length, width) -> steps (length, units): x kernel + bias.

    Tensors: ``kernel`` (width, units), ``bias`` (units,). An activation is an operation of its own.
    """

    units: int

    name = "dense"
    storage = {"kernel": COLUMNS, "bias": FLOATS}

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("units", self.units, MAX_WIDTH)

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps", "vector")
        return ValueType(value.kind, value.length, self.units)

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        return {"kernel": (inputs[0].width, self.units), "bias": (self.units,)}

    def work(self, inputs: Sequence[ValueType], tokens: int) -> int:
        return inputs[0].width * self.units * inputs[0].steps_in(tokens)

    def summary(self) -> str:
        return f"Dense({self.units})"
