"""MultiHeadAttention: projections on every step, and an attention with heads between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet.operations.attention import Attention
from drupelet.operations.reduce import Reduce
from drupelet_export.reading.layers.arrays import array_of, bias_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.choice import other_at_padding
from drupelet_export.reading.layers.dense import project
from drupelet_export.reading.layers.value import Value

ARGUMENTS = (
    "query",
    "value",
    "key",
    "query_mask",
    "value_mask",
    "key_mask",
    "attention_mask",
    "return_attention_scores",
)


def _multi_head_attention(layer: Any, call: Call) -> Value:
    given = {**dict(zip(ARGUMENTS, call.args, strict=False)), **call.kwargs}
    query, value = given["query"], given["value"]
    key = given.get("key")
    key = key if isinstance(key, Value) else value
    if not isinstance(query, Value) or not isinstance(value, Value):
        call.refuse("reads a constant, expected steps that depend on the ids of the text")
    if given.get("attention_mask") is not None:
        call.refuse("has an attention_mask, which is not supported; masks come from an Embedding with mask_zero=True")
    if given.get("return_attention_scores"):
        call.refuse("returns its scores, which is not supported")
    if getattr(layer, "_use_gate", False) or getattr(layer, "_sliding_window", None):
        call.refuse("has use_gate or sliding_window, which is not supported")
    query, key, value = (Value(call.plain(each)) for each in (query, key, value))
    if any(call.type(each).kind != "steps" for each in (query, key, value)):
        call.refuse("reads vectors, expected steps")
    queries, keys, values = (
        _project(layer, call, each, part)
        for each, part in ((query, "query_dense"), (key, "key_dense"), (value, "value_dense"))
    )
    scale = float(np.float32(1 / math.sqrt(layer.key_dim)))
    attended = call.add(
        Attention(layer.num_heads, "dot", scale, bool(call.kwargs.get("use_causal_mask"))), [queries, keys, values],
        masked=call.masked("value_mask") or call.masked("key_mask"),
    )  # fmt: skip
    if call.masked("query_mask"):
        # At masked ids Keras masks every key alike, so the weights are all the same.
        attended = other_at_padding(call, attended, call.add(Reduce("average"), [values]))
    kernel = array_of(layer.output_dense.kernel)
    kernel = kernel.reshape(layer.num_heads * layer.value_dim, -1)
    return project(call, attended, kernel, bias_of(layer.output_dense, kernel.shape[1]), (layer, "output"))


def _project(layer: Any, call: Call, value: Value, part: str) -> Value:
    dense = getattr(layer, part)
    kernel = array_of(dense.kernel)
    kernel = kernel.reshape(kernel.shape[0], -1)
    return project(call, value, kernel, bias_of(dense, kernel.shape[1]), (layer, part))


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.MultiHeadAttention: _multi_head_attention}
