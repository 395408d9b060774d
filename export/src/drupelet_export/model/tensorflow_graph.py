"""A text classifier as a TensorFlow graph. The TFLite emitter converts it; sensitivities are its derivatives.

A walk over the nodes: each gives one value. The pooling of a recurrent layer is computed inside the loop of the layer where
nothing else reads its states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.tensorflow_operations.call import Call, Constants, Weights
from drupelet_export.model.tensorflow_operations.recurrent import can_pool, recurrent_pooled
from drupelet_export.model.tensorflow_operations.table import TENSORFLOW_OPERATIONS

Tensor = Any


def classify_ids(model: ModelDescription, ids: Tensor) -> Tensor:
    """The logits (1, classes) float32 for the ids (tokens,) int32 of one text, as the first node reads them."""
    import tensorflow as tf

    # Ids and numbers of tokens are never negative, but the converter does not know that.
    number = ids[0] if model.graph.padded else tf.shape(ids)[0]
    one = 1.0 + tf.cast(tf.minimum(number, 0), tf.float32)
    return _walk(model, ids, tf.shape(ids)[0], {}, one)


def embedded_logits(model: ModelDescription, vectors: Mapping[int, Tensor], tokens: Tensor) -> Tensor:
    """The logits (1, classes) float32 of one text, from what its embeddings give; TensorFlow can differentiate them.

    ``vectors``: by the number of each embedding node, its result (length, dim) float32. ``tokens``: the number of tokens of
    the text, an int32 scalar.
    """
    return _walk(model, None, tokens, vectors, 1.0)


def _walk(
    model: ModelDescription, ids: Tensor | None, tokens: Tensor, vectors: Mapping[int, Tensor], one: Tensor
) -> Tensor:
    types, constants = model.graph.types, Constants()
    pooled_inside = _pooled_inside(model)
    values: list[Tensor] = [ids]

    def call(number: int) -> Call:
        node = model.nodes[number]
        return Call(
            [values[place] for place in node.inputs],
            [types[place] for place in node.inputs],
            types[number + 1],
            tokens,
            Weights(model.weights(number), model.graph.tensor_prefix(number), constants),
            one,
        )

    for number, node in enumerate(model.nodes):
        if number in vectors:
            values.append(vectors[number])
        elif number in pooled_inside.values() or (ids is None and types[number + 1].kind == "ids"):
            values.append(None)  # no node reads it
        elif number in pooled_inside:
            layer = pooled_inside[number]
            recurrent, reduce = model.nodes[layer].operation, node.operation
            assert isinstance(recurrent, Recurrent), "see _pooled_inside"  # noqa: S101 - for mypy
            assert isinstance(reduce, Reduce), "see _pooled_inside"  # noqa: S101 - for mypy
            values.append(recurrent_pooled(recurrent, reduce, call(layer)))
        else:
            values.append(TENSORFLOW_OPERATIONS[node.operation.name](node.operation, call(number)))
    return values[-1]


def _pooled_inside(model: ModelDescription) -> dict[int, int]:
    """The numbers of nodes that pool the states of a recurrent layer inside its loop, each with that of the layer."""
    readers = Counter(place for node in model.nodes for place in node.inputs)
    found = {}
    for number, node in enumerate(model.nodes):
        [place, *_] = node.inputs
        layer = model.nodes[place - 1].operation if place else None
        pooling = node.operation
        if (
            isinstance(pooling, Reduce)
            and isinstance(layer, Recurrent)
            and readers[place] == 1
            and can_pool(layer, pooling)
        ):
            found[number] = place - 1
    return found
