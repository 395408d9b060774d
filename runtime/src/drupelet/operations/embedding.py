"""Looks up a vector for each id."""

from __future__ import annotations

from drupelet.operations.operation import ROWS, Operation, only, positive
from drupelet.operations.value_type import ValueType, steps_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ROWS = (1 << 31) - 1
"""Most rows of a table: ids are int32."""
MAX_DIM = 1 << 16
"""Most features of a row: sums of so many int8 products still fit 32 bits (2^16 * 128 * 127 < 2^31)."""


class Embedding(Operation):
    """ids (length,) -> steps (length, dim): row ``id`` of ``table`` (rows, dim)."""

    rows: int
    dim: int

    name = "embedding"
    storage = {"table": ROWS}

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("rows", self.rows, MAX_ROWS)
        positive("dim", self.dim, MAX_DIM)

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        return steps_of(only(inputs, "ids").length, self.dim)

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        return {"table": (self.rows, self.dim)}

    def summary(self) -> str:
        return f"Embedding({self.rows} x {self.dim})"
