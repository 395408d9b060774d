"""Each feature times its factor plus its offset: BatchNormalization at inference, and Rescaling."""

from __future__ import annotations

from drupelet.operations.operation import FLOATS, Operation, only
from drupelet.operations.value_type import ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


class ScaleShift(Operation):
    """steps or vector -> the same type: x scale + shift. Tensors: ``scale`` (width,), ``shift`` (width,)."""

    name = "scale_shift"
    storage = {"scale": FLOATS, "shift": FLOATS}

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        return only(inputs, "steps", "vector")

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        return {"scale": (inputs[0].width,), "shift": (inputs[0].width,)}

    def summary(self) -> str:
        return "scale and shift"
