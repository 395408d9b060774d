"""Builds the Keras model that a configuration describes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from drupelet_train.config import OUTPUT_EACH, TrainConfig, check_output
from drupelet_train.network.fast_lstm import FastLSTM

EMBEDDING = "embedding"
"""Name of the embedding layer."""

OUTPUT = "output"
"""Name of the last layer, whose outputs are probabilities."""


@contextmanager
def max_pooling_ignores_masks() -> Iterator[None]:
    """Silences Keras's warning that max pooling ignores the mask.

    The model means it so: the output of a masked step is part of Keras's answer, and of the answer of every file.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*GlobalMaxPooling1D.*does not support masking")
        yield


def build_model(
    config: TrainConfig, embedding: npt.NDArray[np.float32], classes: int, lstm: type[keras.layers.LSTM] = FastLSTM
) -> keras.Model:
    """Ids (batch, time) int32 -> probabilities (batch, classes) float32, or (batch, 1) with ``output = "sigmoid"``.

    Embedding (masked) -> dropout -> LSTM or GRU, stacked -> last state, a pooling or two side by side -> dropout -> Dense.
    ``embedding``: (tokens, embedding_dim) float32. ``lstm``: the class of LSTM layers, :class:`FastLSTM` to train or Keras's
    own to save. The initial weights follow from ``config.seed``, with which the global random generators of Python, numpy
    and TensorFlow are seeded. Raises InputError for a sigmoid over more than two classes.
    """
    check_output(config, classes, config.output == OUTPUT_EACH)
    keras.utils.set_random_seed(config.seed)
    layers = keras.layers
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(
        *embedding.shape,
        mask_zero=True,
        embeddings_initializer=keras.initializers.Zeros(),
        trainable=config.embedding_learning_rate > 0,
        name=EMBEDDING,
    )(ids)
    if config.dropout:
        x = layers.SpatialDropout1D(config.dropout, name="dropout")(x)
    for layer in range(config.layers):
        returns_sequences = layer < config.layers - 1 or config.pooling != "last"
        x = _recurrent_layer(config, lstm, layer, returns_sequences)(x)
    pooled = []
    if "max" in config.pooling.split("+"):
        pooled.append(layers.GlobalMaxPooling1D(name="pooling")(x))
    if "average" in config.pooling.split("+"):
        pooled.append(layers.GlobalAveragePooling1D(name="average_pooling" if pooled else "pooling")(x))
    if pooled:
        x = layers.Concatenate(name="poolings")(pooled) if len(pooled) > 1 else pooled[0]
    if config.head_dropout:
        x = layers.Dropout(config.head_dropout, name="head_dropout")(x)
    if config.output == "sigmoid":
        probabilities = layers.Dense(1, activation="sigmoid", name=OUTPUT)(x)
    else:
        activation = "sigmoid" if config.output == OUTPUT_EACH else "softmax"
        probabilities = layers.Dense(classes, activation=activation, name=OUTPUT)(x)
    model = keras.Model(ids, probabilities, name="classifier")
    model.get_layer(EMBEDDING).set_weights([embedding])
    return model


def _recurrent_layer(config: TrainConfig, lstm: type[keras.layers.LSTM], layer: int, returns_sequences: bool) -> Any:
    cell = lstm if config.cell == "lstm" else keras.layers.GRU
    name = config.cell if config.layers == 1 else f"{config.cell}_{layer + 1}"
    recurrent = cell(config.units, return_sequences=returns_sequences, name=name)
    return keras.layers.Bidirectional(recurrent, name=f"bidirectional_{name}") if config.bidirectional else recurrent


def plain_model(config: TrainConfig, model: keras.Model, classes: int) -> keras.Model:
    """The same model and weights with layers of Keras alone, so that any Keras can load its file."""
    (embedding,) = model.get_layer(EMBEDDING).get_weights()
    plain = build_model(config, embedding, classes, keras.layers.LSTM)
    plain.set_weights(model.get_weights())
    return plain


def input_kernel(model: keras.Model) -> npt.NDArray[np.float32]:
    """(embedding_dim, gates) float32: the kernel that embedding rows are multiplied with, both directions side by side."""
    kinds = (keras.layers.RNN, keras.layers.Bidirectional)
    first = next(layer for layer in model.layers if isinstance(layer, kinds))
    both = isinstance(first, keras.layers.Bidirectional)
    directions = (first.forward_layer, first.backward_layer) if both else (first,)
    return np.concatenate([np.asarray(direction.cell.kernel) for direction in directions], axis=1)


def class_probabilities(output: Any) -> Any:
    """(batch, classes) float32: the output of a model, or (1 - p, p) if the output is a single sigmoid p."""
    return keras.ops.concatenate([1.0 - output, output], axis=1) if output.shape[1] == 1 else output
