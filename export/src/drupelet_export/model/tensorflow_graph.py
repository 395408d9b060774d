"""A text classifier as a TensorFlow graph. The TFLite emitter converts it; sensitivities are its derivatives.

Each recurrent layer is one matrix product for all inputs and a while loop over the tokens. The loop returns its results as
values and keeps no state between calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drupelet.architecture import Recurrent
from drupelet_export.model.description import CellWeights, ModelDescription, RecurrentLayer
from drupelet_export.model.quantized import Quantized, packed_nibbles, values_of
from drupelet_export.model.quantized import Tensor as StoredTensor

BLOCK_STEPS = 64
"""Number of steps whose outputs are collected before they join the sequence. A TFLite loop copies its variables in every turn:
collecting n steps one by one copies n^2 / 2 rows, in blocks n * (BLOCK_STEPS + n / BLOCK_STEPS) / 2."""

Tensor = Any


def classify_ids(model: ModelDescription, ids: Tensor) -> Tensor:
    """The logits (1, units) float32 for the ids (tokens,) int32 of one text."""
    return classify_steps(model, _embedded(model.embedding, ids))


def classify_steps(model: ModelDescription, steps: Tensor) -> Tensor:
    """The logits (1, units) float32 for the embedding vectors (tokens, dim) float32 of one text."""
    import tensorflow as tf

    for layer in model.recurrent[:-1]:
        steps = _merge(layer.shape.merge, [_sequence(layer, way, steps) for way in layer.shape.passes])
    vector = _pooled(model, model.recurrent[-1], steps)
    for dense in model.dense:
        product = tf.matmul(vector, tf.constant(values_of(dense.kernel)))
        vector = _activation(dense.activation)(product + tf.constant(dense.bias))
    return vector


def _embedded(embedding: StoredTensor, ids: Tensor) -> Tensor:
    """The embedding vectors (tokens, dim) of the ids, from rows in their stored form."""
    import tensorflow as tf

    if not isinstance(embedding, Quantized):
        return tf.gather(tf.constant(values_of(embedding)), ids)
    scales = tf.gather(tf.constant(embedding.table), tf.cast(tf.gather(tf.constant(embedding.codes), ids), tf.int32))
    if embedding.bits == 8:
        integers = tf.cast(tf.gather(tf.constant(embedding.values), ids), tf.float32)
    else:
        # Nibbles are unpacked with float arithmetic, because older interpreters have no shifts.
        pairs = tf.cast(tf.gather(tf.constant(packed_nibbles(embedding.values)), ids), tf.float32)
        high = tf.floor(pairs * (1 / 16))
        low = pairs - 16.0 * high
        integers = tf.concat([low, high], axis=1)[:, : embedding.shape[1]] - 8.0
    return integers * scales[:, None]


def _pooled(model: ModelDescription, layer: RecurrentLayer, steps: Tensor) -> Tensor:
    """The pooled output of the last recurrent layer, (1, features) float32."""
    import tensorflow as tf

    merge = layer.shape.merge
    if model.pooling == "last":
        return _merge(merge, [_final(layer, way, steps, "last") for way in layer.shape.passes])
    # Directions can be pooled one by one only for these merges. The maximum of a sum, for example, is not the sum of maxima.
    separable = merge in ("none", "concat") or (model.pooling == "average" and merge in ("sum", "ave"))
    if separable:
        pooled = _merge(merge, [_final(layer, way, steps, model.pooling) for way in layer.shape.passes])
    else:
        outputs = _merge(merge, [_sequence(layer, way, steps) for way in layer.shape.passes])
        reduce = tf.reduce_max if model.pooling == "max" else tf.reduce_sum
        pooled = reduce(outputs, axis=0, keepdims=True)
    tokens = tf.shape(steps)[0]
    if model.pooling == "average":
        return pooled / tf.cast(tokens, tf.float32)
    if model.pool_zero_below is not None:
        return tf.where(tokens < model.pool_zero_below, tf.maximum(pooled, 0.0), pooled)
    return tf.where(tokens < 1, tf.zeros_like(pooled), pooled)


def _final(layer: RecurrentLayer, direction: str, steps: Tensor, reduction: str) -> Tensor:
    """The last state of one direction, or the maximum or the sum over its states, (1, units), without collecting them."""
    import tensorflow as tf

    step, count, state = _prepare(layer, direction, steps)
    least = tf.fill([1, layer.shape.units], tf.float32.min)

    def last_body(t: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        return (t + 1, *step(t, *state))

    def max_body(t: Tensor, pooled: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        after = step(t, *state)
        return (t + 1, tf.maximum(pooled, after[0]), *after)

    def sum_body(t: Tensor, pooled: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        after = step(t, *state)
        return (t + 1, pooled + after[0], *after)

    def more(t: Tensor, *_: Tensor) -> Tensor:
        return t < count

    if reduction == "last":
        return tf.while_loop(more, last_body, [0, *state])[1]
    if reduction == "max":
        return tf.while_loop(more, max_body, [0, least, *state])[1]
    return tf.while_loop(more, sum_body, [0, tf.zeros_like(state[0]), *state])[1]


def _sequence(layer: RecurrentLayer, direction: str, steps: Tensor) -> Tensor:
    """The states of one direction, (tokens, units), in the order of the text."""
    import tensorflow as tf

    step, count, state = _prepare(layer, direction, steps)
    backward = direction == "backward"
    units = layer.shape.units
    shapes = [tf.TensorShape([]), tf.TensorShape([None, units]), *(tf.TensorShape([1, units]) for _ in state)]

    def join(collected: Tensor, more: Tensor) -> Tensor:
        return tf.concat([more, collected] if backward else [collected, more], axis=0)

    def inner(t: Tensor, block: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        after = step(t, *state)
        return (t + 1, join(block, after[0]), *after)

    def outer(t: Tensor, collected: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        end = tf.minimum(t + BLOCK_STEPS, count)
        t, block, *after = tf.while_loop(lambda t, *_: t < end, inner, [t, empty_row, *state], shape_invariants=shapes)
        return (t, join(collected, block[:-1] if backward else block[1:]), *after)

    # TFLite cannot carry a tensor without rows through a loop, so each collection starts with a row that is cut off later.
    empty_row = tf.zeros([1, units])
    collected = tf.while_loop(lambda t, *_: t < count, outer, [0, empty_row, *state], shape_invariants=shapes)[1]
    return collected[:-1] if backward else collected[1:]


def _prepare(
    layer: RecurrentLayer, direction: str, steps: Tensor
) -> tuple[Callable[..., tuple[Tensor, ...]], Tensor, tuple[Tensor, ...]]:
    """The step function (turn, state) -> state of one direction, the number of turns, and the initial state."""
    import tensorflow as tf

    shape, weights = layer.shape, layer.weights[direction]
    input_bias = weights.bias[0] if shape.reset_after else weights.bias
    inputs = tf.matmul(steps, tf.constant(values_of(weights.kernel))) + tf.constant(input_bias)
    count = tf.shape(steps)[0]
    cell = _cell(shape, weights)

    def step(t: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        place = count - 1 - t if direction == "backward" else t
        return cell(tf.gather(inputs, [place]), *state)

    zeros = tf.zeros([1, shape.units])
    return step, count, (zeros, zeros) if shape.cell == "lstm" else (zeros,)


def _cell(shape: Recurrent, weights: CellWeights) -> Callable[..., tuple[Tensor, ...]]:
    import tensorflow as tf

    activation, gate = _activation(shape.activation), _activation(shape.recurrent_activation)
    recurrent_values = values_of(weights.recurrent_kernel)
    recurrent_kernel = tf.constant(recurrent_values)
    units = shape.units

    def lstm(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        i, f, g, o = tf.split(x + tf.matmul(h, recurrent_kernel), 4, axis=1)
        c = gate(f) * c + gate(i) * activation(g)
        return gate(o) * activation(c), c

    def gru_reset_after(x: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        xz, xr, xh = tf.split(x, 3, axis=1)
        hz, hr, hh = tf.split(tf.matmul(h, recurrent_kernel) + tf.constant(weights.bias[1]), 3, axis=1)
        z = gate(xz + hz)
        return (z * h + (1.0 - z) * activation(xh + gate(xr + hr) * hh),)

    def gru_reset_before(x: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        xz, xr, xh = tf.split(x, 3, axis=1)
        hz, hr = tf.split(tf.matmul(h, tf.constant(recurrent_values[:, : 2 * units])), 2, axis=1)
        z = gate(xz + hz)
        candidate_kernel = tf.constant(recurrent_values[:, 2 * units :])
        return (z * h + (1.0 - z) * activation(xh + tf.matmul(gate(xr + hr) * h, candidate_kernel)),)

    if shape.cell == "lstm":
        return lstm
    return gru_reset_after if shape.reset_after else gru_reset_before


def _merge(merge: str, parts: list[Tensor]) -> Tensor:
    import tensorflow as tf

    if merge == "none":
        return parts[0]
    if merge == "concat":
        return tf.concat(parts, axis=-1)
    forward, backward = parts
    if merge == "mul":
        return forward * backward
    return (forward + backward) * 0.5 if merge == "ave" else forward + backward


def _activation(name: str) -> Callable[[Tensor], Tensor]:
    import tensorflow as tf

    functions: dict[str, Callable[[Tensor], Tensor]] = {
        "linear": lambda x: x,
        "relu": tf.nn.relu,
        "tanh": tf.tanh,
        "sigmoid": tf.sigmoid,
        "hard_sigmoid": lambda x: tf.nn.relu6(x + 3.0) * (1.0 / 6.0),
        "elu": tf.nn.elu,
        # Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale, and scale * alpha.
        "selu": lambda x: 1.0507009873554805 * tf.nn.relu(x) + 1.7580993408473766 * tf.nn.elu(tf.minimum(x, 0.0)),
        "silu": lambda x: x * tf.sigmoid(x),
        "softsign": lambda x: x / (1.0 + tf.abs(x)),
    }
    return functions[name]
