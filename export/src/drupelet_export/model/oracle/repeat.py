"""Each step several times."""

from __future__ import annotations

import numpy as np

from drupelet.operations.repeat import Repeat
from drupelet_export.model.oracle.call import Call, Values


def repeat(operation: Repeat, call: Call) -> Values:
    """(width,) or (length, width) -> (length * times, width)."""
    return np.repeat(np.atleast_2d(call.inputs[0]), operation.times, axis=0)
