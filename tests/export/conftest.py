"""Tiny models for tests: descriptions and Keras models with random weights, and one bundle that is exported once."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

import json
from dataclasses import replace

import numpy as np
import pytest

from drupelet.operations.activation import Activation
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.value_type import steps_of
from drupelet.text.named import ALNUM
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.graph_builder import IDS, GraphBuilder
from drupelet_export.reading.owner_vocabulary import OwnerVocabulary
from drupelet_export.reading.source import Source
from drupelet_export.reading.text_facts import Given
from drupelet_export.reading.text_options import TextOptions

WORDS = ("", "[UNK]", "the", "film", "a", "good", "bad", "quiet")


@pytest.fixture(scope="session")
def words():
    """The lines of a vocabulary file: padding, unknown word, six words that are not sorted."""
    return WORDS


@pytest.fixture(scope="session")
def text_options():
    """A function that makes the options of a model of two classes over ``words``."""

    def make(
        words=WORDS, labels=("bad", "good"), max_tokens=None, padding=None, unknown_id=None, keep="head", rules=ALNUM
    ):
        vocabulary = OwnerVocabulary("list of words", tokens=tuple(words))
        given = Given(vocabulary, "words.txt", rules, None, max_tokens, keep, padding, unknown_id)
        return TextOptions(labels, given)

    return make


@pytest.fixture(scope="session")
def random_model():
    """A function that makes a ModelDescription with random weights, without Keras."""

    def make(
        layers=("lstm forward",),
        pooling="last",
        hidden=(),
        output="sigmoid",
        units=3,
        merge="concat",
        masking="mask",
        padding=None,
        max_tokens=None,
        words=(None, None, *WORDS[2:]),
        unknown_id=1,
        activation="tanh",
        gate="sigmoid",
        reset_after=True,
        zero_output_for_mask=False,
        embedding_dim=4,
        seed=0,
        **more,
    ):
        generator = np.random.default_rng(seed)
        network = GraphBuilder()
        masked = masking == "mask"
        width = [embedding_dim]

        def weights(*shape):
            return frozen(generator.uniform(-1, 1, shape))

        value = network.add(
            Embedding(len(words), embedding_dim),
            [IDS],
            {"table": weights(len(words), embedding_dim)},
            layer="embedding",
        )
        for place, text in enumerate(layers):
            cell, direction = text.split()
            both = direction == "bidirectional"
            returns = "last" if pooling == "last" and place == len(layers) - 1 else "steps"
            operation = Recurrent(
                cell, direction, merge if both else "none", units, activation, "linear" if cell == "rnn" else gate,
                cell == "gru" and reset_after, returns,
            )  # fmt: skip
            shapes = operation.tensor_shapes([steps_of(None, width[-1])])
            value = network.add(
                operation, [value], {role: weights(*shape) for role, shape in shapes.items()}, layer=f"{cell}_{place}",
                masked=masked, zero_output=masked and returns == "steps" and (zero_output_for_mask or both),
            )  # fmt: skip
            width.append(operation.output_width)
        if pooling != "last":
            value = network.add(Reduce(pooling), [value], layer="pooling", masked=masked and pooling == "average")
        for name in hidden:
            value = network.add(
                Dense(3), [value], {"kernel": weights(width[-1], 3), "bias": weights(3)}, layer=f"dense_{name}"
            )
            value = network.add(Activation(name), [value], layer=f"dense_{name}") if name != "linear" else value
            width.append(3)
        classes = 1 if output == "sigmoid" else 3
        network.add(
            Dense(classes), [value], {"kernel": weights(width[-1], classes), "bias": weights(classes)}, layer="head"
        )
        return ModelDescription(
            text_rules=replace(ALNUM, max_tokens=max_tokens, unknown_id=unknown_id),
            vocabulary=tuple(words),
            labels=("bad", "good") if classes == 1 else ("bad", "good", "ugly"),
            nodes=network.nodes,
            tensors=network.tensors,
            output=output,
            masking=masking,
            padding=padding,
            **more,
        )

    return make


@pytest.fixture(scope="session")
def keras_chain():
    """A function that makes a Sequential model of these layers, with random weights, large enough to tell answers apart."""
    import keras

    def make(*layers, length=None, dtype="int32"):
        first = keras.Input((1,), dtype="string") if dtype == "string" else keras.Input((length,), dtype=dtype)
        model = keras.Sequential([first, *layers])
        generator = np.random.default_rng(1)
        for weight in model.trainable_weights:
            weight.assign(generator.uniform(-1, 1, weight.shape))
        return model

    return make


@pytest.fixture(scope="session")
def saved_model(keras_chain, tmp_path_factory):
    """A masked LSTM of two classes over ``words``, saved as .keras."""
    from keras import layers

    path = tmp_path_factory.mktemp("saved") / "tiny.keras"
    keras_chain(
        layers.Embedding(len(WORDS), 4, mask_zero=True), layers.LSTM(3), layers.Dense(1, activation="sigmoid")
    ).save(path)
    return path


@pytest.fixture(scope="session")
def vocabulary_file(tmp_path_factory):
    """A file with ``words``, one token per line."""
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.txt"
    path.write_text("".join(word + "\n" for word in WORDS), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def run_vocabulary(tmp_path_factory):
    """The vocabulary of a run folder: ``words`` as a JSON list."""
    path = tmp_path_factory.mktemp("run-vocabulary") / "vocabulary.json"
    path.write_text(json.dumps(WORDS), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def source(saved_model, text_options):
    """The saved model as a Source that reads at most six tokens of a text."""
    return Source(saved_model, text_options(max_tokens=6), None)


@pytest.fixture(scope="session")
def compiled(source):
    """The saved model, read and rewritten."""
    from drupelet_export.compiled import compile_source

    return compile_source(source)


@pytest.fixture(scope="session")
def exported(source, tmp_path_factory):
    """The saved model, exported once in all formats. Tests must not change it."""
    from drupelet_export.exporter import ExportRequest, export_bundle

    return export_bundle(ExportRequest(source, tmp_path_factory.mktemp("exported") / "tiny"))
