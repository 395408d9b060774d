"""Attention: each step of a query becomes a weighted average of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.attention import Attention


MAX_SCORES = 1 << 20
"""Most numbers that scores take at a time: the queries of a long text are answered block by block."""


def attend(operation: Attention, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (length of the query, width of the values)."""
    import numpy as np

    query, keys, values = inputs
    width, value_width = query.shape[1] // operation.heads, values.shape[1] // operation.heads
    outputs = np.zeros((len(query), values.shape[1]), np.float32)
    scored = len(keys) * (width if operation.score == "additive" else 1)
    block = max(1, MAX_SCORES // max(1, scored))
    for head in range(operation.heads):
        of_head, of_values = (slice(head * size, (head + 1) * size) for size in (width, value_width))
        for start in range(0, len(query), block):
            rows = slice(start, start + block)
            scores = _scores(operation, query[rows, of_head], keys[:, of_head], weights, of_head)
            if operation.causal:
                later = np.arange(len(keys)) > np.arange(len(query))[rows, None]
                scores = np.where(later, np.float32(-np.inf), scores)
            powers = np.exp(scores - scores.max(1, keepdims=True, initial=-np.inf))  # there may be no key
            outputs[rows, of_values] = powers / powers.sum(1, keepdims=True) @ values[:, of_values]
    return outputs


def _scores(operation: Attention, query: Array, keys: Array, weights: Mapping[str, Array], of_head: slice) -> Array:
    """The scores (queries, keys) of one head."""
    import numpy as np

    scale = np.float32(operation.scale)
    if operation.score == "dot":
        return query @ keys.T * scale
    scores: Array = np.tanh((query[:, None] + keys) * scale) @ weights["weight"][of_head]
    return scores
