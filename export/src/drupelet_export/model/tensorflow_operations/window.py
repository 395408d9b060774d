"""A part of the steps, or zeros around them."""

from __future__ import annotations

from typing import Any

from drupelet.operations.window import Window
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def window(operation: Window, call: Call) -> Tensor:
    """(length, width) -> fewer or more steps."""
    import tensorflow as tf

    [x], [kind] = call.inputs, call.types
    kept = x[operation.drop_first : (kind.length or 0) - operation.drop_last]
    return tf.pad(kept, [[operation.zeros_first, operation.zeros_last], [0, 0]])
