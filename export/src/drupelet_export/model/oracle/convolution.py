"""A convolution over steps, written as its definition."""

from __future__ import annotations

import numpy as np

from drupelet.operations.convolution import Convolution
from drupelet_export.model.oracle.call import Call, Values


def convolution(operation: Convolution, call: Call) -> Values:
    """(length, width) -> (output length, filters)."""
    [x] = call.inputs
    width = x.shape[1] // operation.groups
    filters = operation.filters // operation.groups
    kernel = call.weights["kernel"].reshape(operation.kernel_size, width, operation.filters)
    x = np.pad(x, ((operation.left, operation.right), (0, 0)))
    span = (operation.kernel_size - 1) * operation.dilation + 1
    rows = []
    for start in range(0, len(x) - span + 1, operation.stride):
        window = x[start : start + span : operation.dilation]
        groups = [
            np.tensordot(window[:, g * width : (g + 1) * width], kernel[:, :, g * filters : (g + 1) * filters], 2)
            for g in range(operation.groups)
        ]
        rows.append(np.concatenate(groups) + call.weights["bias"])
    return np.array(rows)
