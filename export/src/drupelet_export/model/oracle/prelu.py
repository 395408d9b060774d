"""A leaky ReLU with trained slopes."""

from __future__ import annotations

import numpy as np

from drupelet.operations.prelu import PRelu
from drupelet_export.model.oracle.call import Call, Values


def prelu(operation: PRelu, call: Call) -> Values:
    """The same shape."""
    [x] = call.inputs
    return np.where(x > 0, x, call.weights["slope"] * x)
