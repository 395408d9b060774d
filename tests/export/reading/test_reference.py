"""The reference gives the answers of Keras, in batches of bounded size."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from drupelet.errors import InputError
from drupelet.graph import MAX_TEXT_BYTES
from drupelet.operations.attention import Attention
from drupelet.operations.reduce import Reduce
from drupelet.text.named import ALNUM
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.reading import reference as reference_module
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.reference import BATCH_TEXTS, MAX_BATCH_IDS, KerasReference
from drupelet_export.reading.text_options import TextOptions
from export.model.small_graphs import Sketch

TEXTS = ["the quiet film", "", "good good bad", "nothing known here", "a " * 20]


def reference(model, options):
    return KerasReference(model, describe_model(model, options, "model"))


def oracle(description, texts):
    logits = [evaluate_text(description, text)[0] for text in texts]
    return [1 / (1 + np.exp(-value)) for value in logits]


@pytest.mark.parametrize(("padding", "max_tokens"), [(None, None), ("pre", 5), ("post", 5), (None, 5)])
def test_texts_are_padded_as_they_were_in_training(keras_chain, text_options, padding, max_tokens):
    model = keras_chain(layers.Embedding(8, 4, mask_zero=True), layers.LSTM(3), layers.Dense(1, activation="sigmoid"))
    description = describe_model(model, text_options(max_tokens=max_tokens, padding=padding), "model")
    answers = KerasReference(model, description).predict(TEXTS)
    np.testing.assert_allclose([p for _, p in answers], oracle(description, TEXTS), atol=1e-6)
    assert all(bad + good == 1 for bad, good in answers)


def test_unmasked_padding_is_part_of_the_answer(keras_chain, text_options):
    model = keras_chain(layers.Embedding(8, 4), layers.GRU(3), layers.Dense(1, activation="sigmoid"), length=6)
    answers = {}
    for padding in ("pre", "post"):
        description = describe_model(model, text_options(padding=padding), "model")
        answers[padding] = [p for _, p in KerasReference(model, description).predict(TEXTS)]
        np.testing.assert_allclose(answers[padding], oracle(description, TEXTS), atol=1e-6)
    assert abs(answers["pre"][0] - answers["post"][0]) > 1e-3


@pytest.mark.parametrize(
    ("units", "activation", "labels"), [(1, None, "ab"), (3, None, "abc"), (3, "softmax", "abc"), (3, "sigmoid", "abc")]
)
def test_probabilities_have_one_entry_per_label(keras_chain, text_options, units, activation, labels):
    model = keras_chain(
        layers.Embedding(8, 4, mask_zero=True), layers.LSTM(3), layers.Dense(units, activation=activation)
    )
    (answer,) = reference(model, text_options(labels=tuple(labels))).predict(["the film"])
    assert len(answer) == len(labels)
    if activation != "sigmoid":
        assert sum(answer) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("length", [None, 5])
def test_a_text_vectorization_gets_the_texts_themselves(keras_chain, words, length):
    vectorization = layers.TextVectorization(vocabulary=list(words[2:]), output_sequence_length=length)
    model = keras_chain(
        vectorization,
        layers.Embedding(8, 4, mask_zero=True),
        layers.LSTM(3),
        layers.Dense(1, activation="sigmoid"),
        dtype="string",
    )
    description = describe_model(model, TextOptions(("bad", "good")), "model")
    texts = [*TEXTS, "The FILM; \u00c9t\u00e9 \x00 good"]
    answers = KerasReference(model, description).predict(texts)
    np.testing.assert_allclose([p for _, p in answers], oracle(description, texts), atol=1e-6)
    # Texts that TensorFlow cannot hold go in as ids.
    (surrogate,) = KerasReference(model, description).predict(["film \ud800"])
    np.testing.assert_allclose(surrogate[1], oracle(description, ["film unknown"])[0], atol=1e-6)


def test_a_text_vectorization_is_given_a_batch_of_empty_texts(keras_chain, words):
    model = keras_chain(
        layers.TextVectorization(vocabulary=list(words[2:])),
        layers.Embedding(8, 4, mask_zero=True),
        layers.LSTM(3),
        layers.Dense(1, activation="sigmoid"),
        dtype="string",
    )
    description = describe_model(model, TextOptions(("bad", "good")), "model")
    answers = KerasReference(model, description).predict(["", " "])
    np.testing.assert_allclose([p for _, p in answers], oracle(description, ["", " "]), atol=1e-6)


def test_a_text_vectorization_in_a_functional_model_answers(words):
    text = keras.Input((1,), dtype="string")
    ids = layers.TextVectorization(vocabulary=list(words[2:]))(text)
    state = layers.LSTM(3)(layers.Embedding(8, 4, mask_zero=True)(ids))
    model = keras.Model(text, layers.Dense(1, activation="sigmoid")(state))
    description = describe_model(model, TextOptions(("bad", "good")), "model")
    answers = KerasReference(model, description).predict(TEXTS)
    np.testing.assert_allclose([p for _, p in answers], oracle(description, TEXTS), atol=1e-6)


def test_a_nested_text_vectorization_answers(keras_chain, words):
    front = keras.Sequential([layers.TextVectorization(vocabulary=list(words[2:]))])
    rest = (layers.Embedding(8, 4, mask_zero=True), layers.LSTM(3), layers.Dense(1, activation="sigmoid"))
    model = keras_chain(front, *rest, dtype="string")
    description = describe_model(model, TextOptions(("bad", "good")), "model")
    answers = KerasReference(model, description).predict(TEXTS)
    np.testing.assert_allclose([p for _, p in answers], oracle(description, TEXTS), atol=1e-6)


class Recorder:
    """A model that records the shapes of its inputs."""

    def __init__(self):
        self.layers = [layers.Embedding(8, 4)]
        self.shapes = []

    def predict(self, ids, verbose):
        self.shapes.append(ids.shape)
        return np.full((len(ids), 1), 0.25, np.float32)


def test_batches_are_bounded_and_progress_is_reported(random_model):
    recorder, told = Recorder(), []
    answers = KerasReference(recorder, random_model()).predict(["film"] * 150, told.append)
    assert recorder.shapes == [(BATCH_TEXTS, 1), (22, 1)]
    assert told == [BATCH_TEXTS, 150]
    assert answers == [(0.75, 0.25)] * 150


@pytest.mark.parametrize("place", [0, 10])
def test_a_long_text_does_not_pad_others_to_its_length(random_model, place):
    recorder = Recorder()
    texts = ["film"] * 64
    texts[place] = "film " * 100_000
    KerasReference(recorder, random_model()).predict(texts)
    assert sum(batch for batch, _ in recorder.shapes) == 64
    assert all(batch == 1 or batch * length <= MAX_BATCH_IDS for batch, length in recorder.shapes)


def test_the_values_of_a_batch_have_room(random_model, monkeypatch):
    recorder, model = Recorder(), random_model()
    monkeypatch.setattr(reference_module, "MAX_BATCH_BYTES", 3 * model.graph.text_bytes(1000))
    KerasReference(recorder, model).predict(["film " * 1000] * 7)
    assert recorder.shapes == [(3, 1000), (3, 1000), (1, 1000)]


def test_a_text_whose_values_have_no_room_is_refused_before_keras_sees_it(random_model):
    recorder, model = Recorder(), random_model()
    tokens = MAX_TEXT_BYTES // (model.graph.text_bytes(1) - model.graph.text_bytes(0)) + 1
    with pytest.raises(InputError, match=rf"^a text of {tokens} tokens: its values would take"):
        KerasReference(recorder, model).predict_ids([[2], [2] * tokens])
    sketch = Sketch()
    steps = sketch.embedded()
    attended = sketch.add(Attention(1, "dot", 1.0, False), steps, steps, steps)
    attention = replace(sketch.model(sketch.add(Reduce("max"), attended)), text_rules=replace(ALNUM, unknown_id=1))
    with pytest.raises(InputError, match=r"^a text of 20000 tokens: Keras would take 1600000000 bytes to compute it"):
        KerasReference(recorder, attention).predict_ids([[2] * 20_000])
    assert recorder.shapes == []


def test_texts_of_like_length_share_a_batch_and_keep_their_places(random_model):
    class FirstId(Recorder):
        def predict(self, ids, verbose):
            self.shapes.append(ids.shape)
            return np.count_nonzero(ids, axis=1)[:, None] / np.float32(1024)

    recorder = FirstId()
    lengths = [1, 500] * BATCH_TEXTS
    rows = [[1] * length for length in lengths]
    answers = KerasReference(recorder, random_model()).predict_ids(rows)
    assert recorder.shapes == [(BATCH_TEXTS, 1), (BATCH_TEXTS, 500)]
    assert [answer[1] * 1024 for answer in answers] == lengths


def test_no_text_gives_no_answer(random_model):
    assert KerasReference(Recorder(), random_model()).predict([]) == []
