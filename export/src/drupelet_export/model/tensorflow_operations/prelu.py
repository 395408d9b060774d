"""A leaky ReLU with trained slopes."""

from __future__ import annotations

from typing import Any

from drupelet.operations.prelu import PRelu
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def prelu(operation: PRelu, call: Call) -> Tensor:
    """The same shape."""
    import tensorflow as tf

    [x] = call.inputs
    return tf.nn.relu(x) + call.weights["slope"] * tf.minimum(x, 0.0)
