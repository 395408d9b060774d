"""Embedding, and the TextVectorization in front of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet.operations.embedding import Embedding
from drupelet_export.reading.layers.arrays import array_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def _embedding(layer: Any, call: Call) -> Value:
    if call.value != Value(0):
        call.refuse("reads what other layers computed, expected the ids of the text")
    rows, dim = int(layer.input_dim), int(layer.output_dim)
    return call.add(Embedding(rows, dim), [0], {"table": array_of(layer.embeddings)}, owner=(layer, "table"))


def _text_vectorization(layer: Any, call: Call) -> Value:
    return call.value


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Embedding: _embedding, layers.TextVectorization: _text_vectorization}
