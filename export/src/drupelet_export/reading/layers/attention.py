"""Attention and AdditiveAttention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet.operations.attention import Attention
from drupelet_export.reading.layers.arrays import array_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.choice import zeros_at_padding
from drupelet_export.reading.layers.merge import merge_inputs
from drupelet_export.reading.layers.value import Value


def _attention(layer: Any, call: Call, additive: bool) -> Value:
    query, value, *rest = merge_inputs(call)
    key = rest[0] if rest else value
    if call.argument("return_attention_scores", 3):
        call.refuse("returns its scores, which is not supported")
    causal = bool(call.argument("use_causal_mask", 4, False))
    weights, score, scale = None, "dot", 1.0
    width = call.type(query).width
    if additive:
        score = "additive"
        weights = {"weight": np.ones(width) if layer.scale is None else array_of(layer.scale)}
    elif layer.score_mode == "concat":
        score = "additive"
        weights = {"weight": np.full(width, array_of(layer.concat_score_weight))}
    if not additive and layer.scale is not None:
        scale = float(array_of(layer.scale))
    attended = call.add(
        Attention(1, score, scale, causal), [query, key, value], weights, owner=(layer, "weight") if weights else None,
        masked=call.masked(place=1),
    )  # fmt: skip
    return zeros_at_padding(call, attended) if call.masked(place=0) else attended


def _dot_attention(layer: Any, call: Call) -> Value:
    return _attention(layer, call, False)


def _additive_attention(layer: Any, call: Call) -> Value:
    return _attention(layer, call, True)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Attention: _dot_attention, layers.AdditiveAttention: _additive_attention}
