"""Puts masked padding back."""

from __future__ import annotations

from typing import Any

from drupelet.operations.restore import Restore
from drupelet_export.model.tensorflow_operations.call import Call
from drupelet_export.model.tensorflow_operations.empty_text import at_least_one_row

Tensor = Any


def restore(operation: Restore, call: Call) -> Tensor:
    """(tokens,) or (tokens, width) -> (length, ...)."""
    import tensorflow as tf

    [x], [kind] = call.inputs, call.types
    tokens = tf.shape(x)[0]
    places = tf.range(operation.length)
    if (operation.side, operation.fill) == ("post", "previous"):
        return tf.gather(at_least_one_row(x, kind), tf.minimum(places, tf.maximum(tokens - 1, 0)))
    if (operation.side, operation.fill) == ("pre", "next"):
        return tf.gather(at_least_one_row(x, kind), tf.maximum(places - (operation.length - tokens), 0))
    missing = operation.length - tokens
    rows = [missing, 0] if operation.side == "pre" else [0, missing]
    filled = tf.pad(x, [rows] if kind.kind == "ids" else [rows, [0, 0]])
    return tf.reshape(filled, (operation.length,) if kind.kind == "ids" else (operation.length, kind.width))
