"""The maximum or average over windows of steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from drupelet.operations.window_pool import WindowPool
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def window_pool(operation: WindowPool, call: Call) -> Tensor:
    """(length, width) -> (output length, width); steps that are missing at the ends do not count."""
    import tensorflow as tf

    [x], [kind] = call.inputs, call.types
    length = kind.length or 0
    is_max = operation.function == "max"
    if operation.left or operation.right:
        filling = -np.inf if is_max else 0.0
        x = tf.pad(x, [[operation.left, operation.right], [0, 0]], constant_values=filling)
    function = tf.nn.max_pool2d if is_max else tf.nn.avg_pool2d
    image = tf.reshape(x, (1, -1, 1, kind.width))
    pooled = function(image, (operation.size, 1), (operation.stride, 1), "VALID")
    pooled = tf.reshape(pooled, (call.output.length, call.output.width))
    if is_max or not (operation.left or operation.right):
        return pooled
    starts = np.arange(call.output.length or 0) * operation.stride - operation.left
    counts = np.minimum(starts + operation.size, length) - np.maximum(starts, 0)
    return pooled * (call.one * tf.constant((operation.size / counts)[:, None].astype(np.float32)))
