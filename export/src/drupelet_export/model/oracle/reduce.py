"""One vector from all steps."""

from __future__ import annotations

import numpy as np

from drupelet.operations.reduce import Reduce
from drupelet_export.model.oracle.call import Call, Values


def reduce(operation: Reduce, call: Call) -> Values:
    """(length, width) -> (width,). Of Keras's global poolings, the average alone leaves masked steps out."""
    [x] = call.inputs
    if operation.function == "average":
        kept = x if call.mask is None else x[call.mask]
        return np.asarray(kept.sum(axis=0) / np.float64(len(kept)))
    if operation.function == "sum":
        return np.asarray(x.sum(axis=0))
    zeros = np.zeros((1, x.shape[1]))
    if len(x) == 0 or (operation.zero_below is not None and call.tokens < operation.zero_below):
        x = np.concatenate([x, zeros])
    if operation.function in ("first", "last"):
        return np.asarray(x[0 if operation.function == "first" else -1])
    return np.asarray(x.max(axis=0) if operation.function == "max" else x.min(axis=0))
