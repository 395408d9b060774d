"""The steps in reverse order."""

from __future__ import annotations

from typing import Any

from drupelet.operations.reverse import Reverse
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def reverse(operation: Reverse, call: Call) -> Tensor:
    """The same shape."""
    import tensorflow as tf

    return tf.reverse(call.inputs[0], axis=[0])
