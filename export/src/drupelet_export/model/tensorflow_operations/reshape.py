"""The same numbers in another form."""

from __future__ import annotations

from typing import Any

from drupelet.operations.reshape import Reshape
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def reshape(operation: Reshape, call: Call) -> Tensor:
    """Row-major order."""
    import tensorflow as tf

    return tf.reshape(call.inputs[0], (operation.length or 1, operation.width))
