"""Joins values."""

from __future__ import annotations

from functools import reduce
from typing import Any

from drupelet.operations.merge import Merge
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def merge(operation: Merge, call: Call) -> Tensor:
    """Two or more values -> one; TensorFlow's rules of broadcasting are those of the operation."""
    import tensorflow as tf

    inputs = list(call.inputs)
    if operation.function in ("concat", "concat_steps"):
        return tf.concat(inputs, axis=1 if operation.function == "concat" else 0)
    if operation.function == "average":
        return reduce(tf.add, inputs) * (call.one * (1.0 / len(inputs)))
    function = {"add": tf.add, "multiply": tf.multiply, "maximum": tf.maximum, "minimum": tf.minimum,
                "subtract": tf.subtract}[operation.function]  # fmt: skip
    return reduce(function, inputs)
