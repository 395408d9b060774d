"""One vector from all steps."""

from __future__ import annotations

from typing import Any

from drupelet.operations.reduce import Reduce
from drupelet_export.model.tensorflow_operations.call import Call
from drupelet_export.model.tensorflow_operations.empty_text import at_least_one_row

Tensor = Any


def reduce(operation: Reduce, call: Call) -> Tensor:
    """(length, width) -> (1, width)."""
    import tensorflow as tf

    [x], [kind] = call.inputs, call.types
    if operation.function in ("first", "last"):
        x = at_least_one_row(x, kind)
        return x[:1] if operation.function == "first" else x[-1:]
    function = {"max": tf.reduce_max, "min": tf.reduce_min}.get(operation.function, tf.reduce_sum)
    # LiteRT before 2.1.4, and tflite-runtime, leave the sum over no row unset: the answer would be that of another text.
    rows = at_least_one_row(x, kind) if function is tf.reduce_sum else x
    return finished(operation, function(rows, axis=0, keepdims=True), tf.shape(x)[0], call.one)


def finished(operation: Reduce, reduced: Tensor, steps: Tensor, one: Tensor) -> Tensor:
    """The result, from the maximum, minimum or sum of so many steps; the former are anything where there is no step.

    ``one``: see :class:`Call`.
    """
    import tensorflow as tf

    if operation.function == "sum":
        return reduced
    if operation.function == "average":
        return reduced / (one * tf.cast(steps, tf.float32))
    if operation.zero_below:
        return tf.where(steps < operation.zero_below, tf.maximum(reduced, 0.0), reduced)
    return tf.where(steps < 1, tf.zeros_like(reduced), reduced)
