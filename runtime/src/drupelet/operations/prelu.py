"""PReLU: a leaky ReLU whose slopes were trained."""

from __future__ import annotations

from drupelet.operations.operation import FLOATS, Operation, fixed, only
from drupelet.operations.value_type import ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class PRelu(Operation):
    """steps or vector -> the same type: x > 0 ? x : slope x.

    Tensors: ``slope`` (width,), or with ``per_step`` (length, width) for steps of fixed length.
    """

    per_step: bool

    name = "prelu"
    storage = {"slope": FLOATS}

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, *(("steps",) if self.per_step else ("steps", "vector")))
        if self.per_step:
            fixed(value)
        return value

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        [value] = inputs
        return {"slope": (fixed(value), value.width) if self.per_step else (value.width,)}

    def summary(self) -> str:
        return "PReLU"
