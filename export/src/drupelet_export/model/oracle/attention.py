"""Attention, one head and one query after the other."""

from __future__ import annotations

import numpy as np

from drupelet.operations.attention import Attention
from drupelet_export.model.oracle.call import Call, Values


def attention(operation: Attention, call: Call) -> Values:
    """query (m, width), keys (n, width), values (n, value width) -> (m, value width).

    Masked keys are not attended to. ``zero_output``: the query is masked too, and gives zeros there.
    """
    query, keys, values = call.inputs
    out = np.zeros((len(query), values.shape[1]))
    if len(keys) == 0:
        return out
    width, value_width = query.shape[1] // operation.heads, values.shape[1] // operation.heads
    for head in range(operation.heads):
        read, given = slice(head * width, (head + 1) * width), slice(head * value_width, (head + 1) * value_width)
        for place, asked in enumerate(query[:, read]):
            if operation.score == "dot":
                scores = operation.scale * (keys[:, read] @ asked)
            else:
                scores = np.tanh(operation.scale * (keys[:, read] + asked)) @ call.weights["weight"][read]
            seen = np.ones(len(keys), bool) if call.mask is None else call.mask.copy()
            if operation.causal:
                seen[place + 1 :] = False
            scores = np.where(seen, scores, np.finfo(np.float32).min)
            weights = np.exp(scores - scores.max())
            out[place, given] = (weights / weights.sum()) @ values[:, given]
    if call.zero_output and call.mask is not None:
        out[~call.mask] = 0
    return out
