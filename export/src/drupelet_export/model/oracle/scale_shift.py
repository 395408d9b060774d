"""Each feature times its factor plus its offset."""

from __future__ import annotations

import numpy as np

from drupelet.operations.scale_shift import ScaleShift
from drupelet_export.model.oracle.call import Call, Values


def scale_shift(operation: ScaleShift, call: Call) -> Values:
    """The same shape."""
    return np.asarray(call.inputs[0] * call.weights["scale"] + call.weights["shift"])
