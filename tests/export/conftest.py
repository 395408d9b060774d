"""Tiny models for tests: descriptions and Keras models with random weights, and one bundle that is exported once."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

import json
from dataclasses import replace

import numpy as np
import pytest

from drupelet.architecture import Recurrent
from drupelet.text.named import ALNUM
from drupelet_export.model.description import CellWeights, DenseLayer, ModelDescription, RecurrentLayer, frozen
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

        def weights(*shape):
            return frozen(generator.uniform(-1, 1, shape))

        recurrent = []
        dim = embedding_dim
        for place, text in enumerate(layers):
            cell, direction = text.split()
            both = direction == "bidirectional"
            reset = cell == "gru" and reset_after
            shape = Recurrent(cell, direction, merge if both else "none", dim, units, activation, gate, reset)
            width = shape.gates * units
            bias = (2, width) if reset else (width,)
            cells = {
                way: CellWeights(weights(dim, width), weights(units, width), weights(*bias)) for way in shape.passes
            }
            recurrent.append(RecurrentLayer(f"{cell}_{place}", shape, cells, zero_output_for_mask or both))
            dim = shape.output_dim
        dense = []
        for name in hidden:
            dense.append(DenseLayer(f"dense_{name}", name, weights(dim, 3), weights(3)))
            dim = 3
        classes = 1 if output == "sigmoid" else 3
        dense.append(DenseLayer("head", "linear", weights(dim, classes), weights(classes)))
        return ModelDescription(
            text_rules=replace(ALNUM, max_tokens=max_tokens, unknown_id=unknown_id),
            vocabulary=tuple(words),
            labels=("bad", "good") if classes == 1 else ("bad", "good", "ugly"),
            embedding=weights(len(words), embedding_dim),
            recurrent=tuple(recurrent),
            pooling=pooling,
            dense=tuple(dense),
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
