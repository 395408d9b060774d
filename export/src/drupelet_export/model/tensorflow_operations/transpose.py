"""Steps become features."""

from __future__ import annotations

from typing import Any

from drupelet.operations.transpose import Transpose
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def transpose(operation: Transpose, call: Call) -> Tensor:
    """(length, width) -> (width, length)."""
    import tensorflow as tf

    return tf.transpose(call.inputs[0])
