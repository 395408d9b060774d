"""The maximum or average over windows of steps."""

from __future__ import annotations

import numpy as np

from drupelet.operations.window_pool import WindowPool
from drupelet_export.model.oracle.call import Call, Values


def window_pool(operation: WindowPool, call: Call) -> Values:
    """(length, width) -> (output length, width); steps that are missing at the ends do not count."""
    [x] = call.inputs
    reduced = np.max if operation.function == "max" else np.mean
    last = len(x) + operation.right - operation.size
    starts = range(-operation.left, last + 1, operation.stride)
    return np.array([reduced(x[max(start, 0) : start + operation.size], axis=0) for start in starts])
