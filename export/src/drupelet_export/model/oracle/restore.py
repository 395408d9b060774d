"""Puts masked padding back."""

from __future__ import annotations

import numpy as np

from drupelet.operations.restore import Restore
from drupelet_export.model.oracle.call import Call, Values


def restore(operation: Restore, call: Call) -> Values:
    """(tokens,) or (tokens, width) -> (length, ...)."""
    [x] = call.inputs
    filling = np.zeros((operation.length - len(x), *x.shape[1:]))
    if len(x) and operation.fill == "previous" and operation.side == "post":
        filling[:] = x[-1]
    if len(x) and operation.fill == "next" and operation.side == "pre":
        filling[:] = x[0]
    return np.concatenate([filling, x] if operation.side == "pre" else [x, filling])
