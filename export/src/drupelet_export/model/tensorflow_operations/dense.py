"""A matrix product and a bias."""

from __future__ import annotations

from typing import Any

from drupelet.operations.dense import Dense
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def dense(operation: Dense, call: Call) -> Tensor:
    """(length, width) -> (length, units)."""
    import tensorflow as tf

    return tf.matmul(call.inputs[0], call.weights["kernel"]) + call.weights["bias"]
