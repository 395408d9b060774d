"""Networks of random layers, each of them from a seed: combinations that nobody wrote down."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from integration.zoo import ended, set_weights

Part = Callable[[Any], Any]


def parts() -> tuple[list[Part], list[Part]]:
    """Functions of steps that give steps, and functions of steps that give a vector."""
    from keras import layers, ops

    def by_hand(x: Any) -> Any:
        weights = layers.Activation("softmax")(layers.Flatten()(layers.Dense(1)(x)))
        return layers.Multiply()([x, layers.Permute((2, 1))(layers.RepeatVector(x.shape[-1])(weights))])

    of_steps: list[Part] = [
        lambda x: layers.Dense(4, "tanh")(x),
        lambda x: layers.Dense(3, "softmax")(x),
        lambda x: layers.Conv1D(4, 2, padding="same")(x),
        lambda x: layers.Conv1D(3, 3, padding="causal", dilation_rate=2)(x),
        lambda x: layers.LSTM(4, return_sequences=True)(x),
        lambda x: layers.GRU(3, return_sequences=True, go_backwards=True)(x),
        lambda x: layers.Bidirectional(layers.GRU(2, return_sequences=True))(x),
        lambda x: layers.LayerNormalization()(x),
        lambda x: layers.BatchNormalization()(x),
        lambda x: layers.Dropout(0.1)(x),
        lambda x: layers.MultiHeadAttention(2, 2)(x, x),
        lambda x: layers.Attention()([x, x]),
        lambda x: layers.AdditiveAttention()([x, x]),
        lambda x: layers.Add()([x, layers.Dense(x.shape[-1])(x)]),
        lambda x: x + layers.Dense(x.shape[-1])(x),
        lambda x: layers.Concatenate()([x, layers.Dense(2)(x)]),
        lambda x: layers.Multiply()([x, layers.GRU(x.shape[-1])(x)]),
        lambda x: layers.Multiply()([x, layers.GlobalAveragePooling1D(keepdims=True)(x)]),
        lambda x: layers.Maximum()([x, layers.Conv1D(x.shape[-1], 1)(x)]),
        lambda x: layers.Average()([x, layers.SimpleRNN(x.shape[-1], return_sequences=True)(x)]),
        lambda x: layers.Subtract()([x, layers.GlobalMaxPooling1D()(x)]),
        lambda x: layers.TimeDistributed(layers.Dense(3))(x),
        lambda x: layers.Permute((2, 1))(x),
        lambda x: layers.MaxPooling1D(2, padding="same")(x),
        lambda x: layers.UpSampling1D(2)(x),
        lambda x: layers.PReLU(shared_axes=[1])(x),
        lambda x: layers.Dot(2)([x, x]),
        lambda x: ops.expand_dims(ops.mean(x, axis=2), 2) * x,
        lambda x: x * ops.softmax(layers.Dense(1)(x), axis=1),
        lambda x: x[:, 1:],
        by_hand,
    ]
    of_vectors: list[Part] = [
        lambda x: layers.GlobalMaxPooling1D()(x),
        lambda x: layers.GlobalAveragePooling1D()(x),
        lambda x: layers.Flatten()(x),
        lambda x: layers.GRU(3)(x),
        lambda x: layers.Bidirectional(layers.LSTM(2))(x),
        lambda x: ops.sum(x, axis=1),
        lambda x: x[:, -1],
        lambda x: layers.Dot((1, 1))([layers.Flatten()(layers.Dense(1)(x)), x]),
        lambda x: layers.LSTM(3)(x, initial_state=[layers.GlobalMaxPooling1D()(layers.Dense(3)(x))] * 2),
    ]
    return of_steps, of_vectors


def random_network(seed: int) -> Any:
    """A Keras model of one to four random layers over an embedding, with or without a mask."""
    from integration.zoo import embed

    choose = random.Random(seed)  # noqa: S311 - drawing networks, not keys
    of_steps, of_vectors = parts()
    ids, x = embed(choose.random() < 0.6)
    for part in choose.choices(of_steps, k=choose.randint(1, 4)):
        x = part(x)
    model = ended(ids, choose.choice(of_vectors)(x))
    set_weights(model, seed)
    return model
