"""A part of the steps, or zeros around them."""

from __future__ import annotations

import numpy as np

from drupelet.operations.window import Window
from drupelet_export.model.oracle.call import Call, Values


def window(operation: Window, call: Call) -> Values:
    """(length, width) -> fewer or more steps."""
    [x] = call.inputs
    kept = x[operation.drop_first : len(x) - operation.drop_last]
    return np.pad(kept, ((operation.zeros_first, operation.zeros_last), (0, 0)))
