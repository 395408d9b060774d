"""The product of two values, summed over one axis of each."""

from __future__ import annotations

import numpy as np

from drupelet.operations.dot import Dot
from drupelet_export.model.oracle.call import Call, Values


def dot(operation: Dot, call: Call) -> Values:
    """What is left of the axes of a, then of b."""
    a, b = call.inputs
    a_axis, b_axis = (0 if axis == "steps" else -1 for axis in (operation.a_axis, operation.b_axis))
    if operation.normalize:
        a, b = _normal(a, a_axis), _normal(b, b_axis)
    return np.atleast_1d(np.tensordot(a, b, axes=([a_axis % a.ndim], [b_axis % b.ndim])))


def _normal(x: Values, axis: int) -> Values:
    return np.asarray(x / np.sqrt(np.maximum(np.square(x).sum(axis=axis, keepdims=True), 1e-12)))
