"""Each feature times its factor plus its offset."""

from __future__ import annotations

from typing import Any

from drupelet.operations.scale_shift import ScaleShift
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def scale_shift(operation: ScaleShift, call: Call) -> Tensor:
    """The same shape."""
    return call.inputs[0] * (call.one * call.weights["scale"]) + call.weights["shift"]
