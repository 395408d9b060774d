"""Normalizes the features of each step."""

from __future__ import annotations

from typing import Any

from drupelet.operations.normalization import Normalization
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def normalization(operation: Normalization, call: Call) -> Tensor:
    """The same shape."""
    import tensorflow as tf

    [x] = call.inputs
    if operation.function == "layer":
        x = x - tf.reduce_mean(x, axis=1, keepdims=True)
    if operation.function == "unit":
        size = tf.maximum(tf.reduce_sum(tf.square(x), axis=1, keepdims=True), operation.epsilon)
    else:
        size = tf.reduce_mean(tf.square(x), axis=1, keepdims=True) + operation.epsilon
    return x * tf.math.rsqrt(size) * (call.one * call.weights["scale"]) + call.weights["shift"]
