"""A softmax over features or steps."""

from __future__ import annotations

import numpy as np

from drupelet.operations.softmax import Softmax
from drupelet_export.model.oracle.call import Call, Values


def softmax(operation: Softmax, call: Call) -> Values:
    """The same shape. A masked step takes no part in a softmax over steps, unless all are masked."""
    [x] = call.inputs
    axis = 0 if operation.axis == "steps" else -1
    if axis == 0 and call.mask is not None:
        x = np.where(call.mask[:, None], x, np.finfo(np.float32).min)
    if x.shape[axis] == 0:
        return x
    shifted = x - x.max(axis=axis, keepdims=True)
    total = np.exp(shifted).sum(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(total) if operation.function == "log_softmax" else np.exp(shifted) / total)
