"""Attention of all heads at once."""

from __future__ import annotations

from typing import Any

from drupelet.operations.attention import Attention
from drupelet_export.model.tensorflow_operations.call import Call
from drupelet_export.model.tensorflow_operations.empty_text import as_many_rows, at_least_one_row

Tensor = Any
UNSEEN = -3e38
"""The score of a key that a query does not see: its weight is 0, and the score minus another one is finite or -inf."""


def attention(operation: Attention, call: Call) -> Tensor:
    """query (m, width), keys (n, width), values (n, value width) -> (m, value width).

    Where there is no key, one of zeros takes its place: the average of its value is zeros.
    """
    import tensorflow as tf

    query, keys, values = (
        _by_heads(at_least_one_row(x, kind), operation.heads, kind.width)
        for x, kind in zip(call.inputs, call.types, strict=True)
    )
    if operation.score == "dot":
        # The smaller of the matrices is scaled: the query, and not the scores.
        scores = tf.matmul(
            query if operation.scale == 1 else query * (call.one * operation.scale), keys, transpose_b=True
        )
    else:
        pairs = tf.tanh((call.one * operation.scale) * (query[:, :, None, :] + keys[:, None, :, :]))
        weight = tf.reshape(call.weights["weight"], (operation.heads, 1, 1, -1))
        scores = tf.reduce_sum(pairs * weight, axis=-1)
    if operation.causal:
        asked, seen = tf.range(tf.shape(query)[1]), tf.range(tf.shape(keys)[1])
        scores = tf.where((seen[None, :] <= asked[:, None])[None], scores, UNSEEN)
    heads = tf.matmul(tf.nn.softmax(scores), values)
    joined = tf.reshape(tf.transpose(heads, (1, 0, 2)), (-1, call.output.width))
    return as_many_rows(joined, call.inputs[0], call.types[0])


def _by_heads(x: Tensor, heads: int, width: int) -> Tensor:
    """(length, width) -> (heads, length, width / heads)."""
    import tensorflow as tf

    return tf.transpose(tf.reshape(x, (-1, heads, width // heads)), (1, 0, 2))
