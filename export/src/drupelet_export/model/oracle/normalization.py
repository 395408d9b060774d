"""Normalizes the features of each step."""

from __future__ import annotations

import numpy as np

from drupelet.operations.normalization import Normalization
from drupelet_export.model.oracle.call import Call, Values


def normalization(operation: Normalization, call: Call) -> Values:
    """The same shape."""
    [x] = call.inputs
    if operation.function == "layer":
        normal = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + operation.epsilon)
    elif operation.function == "rms":
        normal = x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + operation.epsilon)
    else:
        normal = x / np.sqrt(np.maximum(np.square(x).sum(axis=-1, keepdims=True), operation.epsilon))
    return np.asarray(normal * call.weights["scale"] + call.weights["shift"])
