"""A matrix product and a bias."""

from __future__ import annotations

import numpy as np

from drupelet.operations.dense import Dense
from drupelet_export.model.oracle.call import Call, Values


def dense(operation: Dense, call: Call) -> Values:
    """(..., width) -> (..., units)."""
    return np.asarray(call.inputs[0] @ call.weights["kernel"] + call.weights["bias"])
