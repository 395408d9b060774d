"""A softmax over features or steps."""

from __future__ import annotations

from typing import Any

from drupelet.operations.softmax import Softmax
from drupelet_export.model.tensorflow_operations.call import Call
from drupelet_export.model.tensorflow_operations.empty_text import as_many_rows, at_least_one_row

Tensor = Any


def softmax(operation: Softmax, call: Call) -> Tensor:
    """The same shape."""
    import tensorflow as tf

    [x], [kind] = call.inputs, call.types
    function = {"softmax": tf.nn.softmax, "log_softmax": tf.nn.log_softmax}[operation.function]
    present = at_least_one_row(x, kind)
    if operation.axis == "features":
        return as_many_rows(function(present), x, kind)
    return as_many_rows(tf.transpose(function(tf.transpose(present))), x, kind)
