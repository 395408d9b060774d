"""The product of two values, summed over one axis of each."""

from __future__ import annotations

from typing import Any

from drupelet.operations.dot import Dot
from drupelet_export.model.tensorflow_operations.call import Call
from drupelet_export.model.tensorflow_operations.empty_text import as_many_rows, at_least_one_row

Tensor = Any


def dot(operation: Dot, call: Call) -> Tensor:
    """What is left of the axes of a, then of b. A step of zeros, where there is none, adds nothing to a sum."""
    import tensorflow as tf

    a, b = (
        _normal(operation, at_least_one_row(x, kind), axis)
        for x, kind, axis in zip(call.inputs, call.types, (operation.a_axis, operation.b_axis), strict=True)
    )
    # As a batch of one: of a product of two matrices that are no constants, TensorFlow 2.21's converter to TFLite drops a relu.
    a, b = a[None], b[None]
    product = tf.matmul(a, b, transpose_a=operation.a_axis == "steps", transpose_b=operation.b_axis == "features")[0]
    if call.output.kind == "vector":
        return tf.reshape(product, (1, call.output.width))
    # Only the axis of a that comes first can be as long as the text.
    return as_many_rows(product, call.inputs[0], call.output)


def _normal(operation: Dot, x: Tensor, axis: str) -> Tensor:
    import tensorflow as tf

    if not operation.normalize:
        return x
    squares = tf.reduce_sum(tf.square(x), axis=0 if axis == "steps" else 1, keepdims=True)
    return x * tf.math.rsqrt(tf.maximum(squares, 1e-12))
