"""Each step several times."""

from __future__ import annotations

from typing import Any

from drupelet.operations.repeat import Repeat
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def repeat(operation: Repeat, call: Call) -> Tensor:
    """(length, width) -> (length * times, width)."""
    import tensorflow as tf

    [x] = call.inputs
    return tf.reshape(tf.tile(x, (1, operation.times)), (call.output.length, call.output.width))
