"""A model is walked as Keras runs it: nested and shared layers, masks, and sentences for what is not supported."""

import re

import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading import layer_walk
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.layer_walk import walk

IDS = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0], [0] * 6])


def ids(length=6):
    return keras.Input((length,), dtype="int32")


def functional(inputs, *chain):
    tensor = inputs
    for layer in chain:
        tensor = layer(tensor)
    return keras.Model(inputs, tensor)


def parts():
    return layers.Embedding(8, 4, mask_zero=True), layers.LSTM(3, return_sequences=True), layers.GRU(2), layers.Dense(2)


NESTED = {
    "Sequential(embedding)": lambda e, a, b, d: functional(ids(), keras.Sequential([e]), a, b, d),
    "Functional(embedding)": lambda e, a, b, d: functional(ids(), functional(ids(), e), a, b, d),
    "Functional(embedding, first)": lambda e, a, b, d: functional(ids(), functional(ids(), e, a), b, d),
    "Sequential(first)": lambda e, a, b, d: functional(ids(), e, keras.Sequential([a]), b, d),
    "Functional(first)": lambda e, a, b, d: functional(ids(), e, functional(keras.Input((6, 4)), a), b, d),
    "Functional(second)": lambda e, a, b, d: functional(ids(), e, a, functional(keras.Input((6, 3)), b), d),
    "Functional(first) in a Sequential": lambda e, a, b, d: keras.Sequential(
        [ids(), e, functional(keras.Input((6, 4)), a), b, d]
    ),
    "Functional in a Sequential in a Functional": lambda e, a, b, d: functional(
        ids(), e, keras.Sequential([keras.Input((6, 4)), functional(keras.Input((6, 4)), a, b)]), d
    ),
    "everything in a Sequential": lambda e, a, b, d: functional(ids(), keras.Sequential([e, a, b, d])),
}


@pytest.mark.parametrize("case", NESTED)
def test_nested_models_pass_their_mask_on_as_in_keras(text_options, case):
    model = NESTED[case](*parts())
    description = describe_model(model, text_options(), "model")
    assert [node.masked for node in description.nodes] == [False, True, True, False]
    answers = [evaluate_ids(description, row) for row in IDS]
    np.testing.assert_allclose(answers, model.predict(IDS, verbose=0), atol=2e-6)


def test_a_mask_given_to_a_nested_model_is_one_for_its_layers(text_options):
    _, first, second, head = parts()
    inputs = ids()
    inner = functional(keras.Input((6, 4)), first, second)
    vectors = layers.Embedding(8, 4)(inputs)
    model = keras.Model(inputs, head(inner(vectors, mask=keras.ops.not_equal(inputs, 0))))
    description = describe_model(model, text_options(padding="pre"), "model")
    assert [node.masked for node in description.nodes] == [False, True, True, False]


def test_a_layer_that_is_used_twice_shares_its_tensors(text_options):
    embedding, *_, head = parts()
    inner = functional(keras.Input((6, 4)), layers.LSTM(4, return_sequences=True))
    model = functional(ids(), embedding, inner, inner, layers.LSTM(2), head)
    description = describe_model(model, text_options(), "model")
    assert [node.weights_of for node in description.nodes] == [None, None, 1, None, None]
    answers = [evaluate_ids(description, row) for row in IDS]
    np.testing.assert_allclose(answers, model.predict(IDS, verbose=0), atol=2e-6)


def test_a_call_in_another_model_does_not_count(text_options):
    chain = parts()
    model = functional(ids(), *chain)
    functional(ids(), *chain[:3])
    assert len(describe_model(model, text_options(), "model").nodes) == 4


def test_a_layer_that_always_trains_is_refused(text_options):
    embedding, _, second, head = parts()
    inputs = ids()
    dropped = layers.Dropout(0.5, name="odd")(embedding(inputs), training=True)
    message = r"model: layer 1 of 4, 'odd' \(Dropout\): is called with training=True, so its answers are random"
    with pytest.raises(ModelError, match=message):
        walk(keras.Model(inputs, head(second(dropped))), "model", 6)


class Odd(layers.Layer):
    """A class of a user."""

    def call(self, x):
        return x * 2


class LSTM(layers.LSTM):
    """A class with the name of one of Keras."""


REFUSED = {
    "a class of one's own": (
        lambda: [Odd(name="odd"), layers.GRU(2)],
        r"layer 1 of 4, 'odd' \(Odd\): a class that is not Keras's own, which is never run; give its body in Keras layers "
        "with --replace Odd=FILE.py:function",
    ),
    "a class with Keras's name": (lambda: [LSTM(2, name="odd")], r"'odd' \(LSTM\): a class that is not Keras's own"),
    "Lambda": (
        lambda: [layers.Lambda(lambda x: x * 2, name="odd"), layers.GRU(2)],
        r"'odd' \(Lambda\): a Lambda keeps its code in Python, which is never run; .* --replace odd=FILE.py:function",
    ),
    "a layer that is not supported": (
        lambda: [layers.Conv1DTranspose(2, 3, name="odd"), layers.GRU(2)],
        r"'odd' \(Conv1DTranspose\): not supported; give its body in Keras layers with "
        r"--replace Conv1DTranspose=FILE.py:fun.*; "
        r"supported layers: Activation, .*, ZeroPadding1D$",
    ),
    "stateful": (
        lambda: [layers.GRU(2, name="odd", stateful=True)],
        r"'odd' \(GRU\): has stateful=True: its answer would depend on earlier texts",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_supported_is_refused_by_name_and_place(case):
    make, message = REFUSED[case]
    inputs = keras.Input(batch_shape=(3, 6)) if case == "stateful" else ids()
    model = functional(inputs, layers.Embedding(8, 4), *make(), layers.Dense(2))
    with pytest.raises(ModelError, match=message) as caught:
        walk(model, "model", 6)
    assert str(caught.value).startswith("model: layer 1 of")


def test_the_place_of_a_layer_in_a_nested_model_is_named():
    inner = keras.Sequential([keras.Input((6, 4)), layers.Dense(3), Odd(name="odd")], name="inner")
    model = functional(ids(), layers.Embedding(8, 4), inner, layers.GRU(2))
    with pytest.raises(ModelError, match=r"model: in 'inner', layer 1 of 2, 'odd' \(Odd\): a class"):
        walk(model, "model", 6)


def test_an_operation_that_is_not_supported_is_refused():
    inputs = ids()
    model = keras.Model(inputs, keras.ops.cumsum(layers.Embedding(8, 4)(inputs), axis=1)[:, -1])
    with pytest.raises(ModelError, match=r"model: layer 1 of 3, '\w+' \(Cumsum\): not supported"):
        walk(model, "model", 6)


def test_what_keras_cannot_compute_is_said_with_its_reason():
    model = functional(ids(None), layers.Embedding(8, 4), layers.Conv1D(2, 9, name="odd"), layers.GlobalMaxPooling1D())
    with pytest.raises(ModelError, match=r"'odd' \(Conv1D\): Keras cannot compute it for texts of 4 ids: \S") as caught:
        walk(model, "model", 4)
    assert "\n" not in str(caught.value)


def test_too_many_calls_are_refused(monkeypatch):
    model = functional(ids(), layers.Embedding(8, 4), *[layers.Dropout(0.1) for _ in range(4)], layers.GRU(2))
    monkeypatch.setattr(layer_walk, "MAX_CALLS", 5)
    with pytest.raises(
        ModelError, match=r"'gru\w*' \(GRU\): call 6 of a layer, node 1 of the graph; expected at most 5"
    ):
        walk(model, "model", 6)


def test_models_that_call_each_other_twice_end(monkeypatch):
    monkeypatch.setattr(layer_walk, "MAX_CALLS", 40)
    model = functional(keras.Input((6, 4)), layers.Dense(4))
    for _ in range(8):
        model = functional(keras.Input((6, 4)), model, model)
    with pytest.raises(ModelError, match="expected at most 40 calls"):
        walk(functional(ids(), layers.Embedding(8, 4), model, layers.GRU(2)), "model", 6)


def test_an_input_of_another_shape_and_an_output_that_is_no_vector_are_refused():
    with pytest.raises(
        ModelError, match=re.escape("model: its input has the shape (None, 6, 4), expected (texts, ids)")
    ):
        walk(functional(keras.Input((6, 4)), layers.GRU(2)), "model", 6)
    with pytest.raises(
        ModelError, match=re.escape("model: answers with a tensor of shape (None, 6, 4), expected (texts, classes)")
    ):
        walk(functional(ids(), layers.Embedding(8, 4)), "model", 6)
    with pytest.raises(ModelError, match="model: a Sequential that was never built"):
        walk(keras.Sequential([layers.Embedding(8, 4)]), "model", 6)


def test_long_texts_are_not_run_where_their_length_is_open():
    inputs = keras.Input((None,))
    x = layers.Embedding(8, 4)(inputs)
    model = keras.Model(inputs, layers.GlobalMaxPooling1D()(layers.Conv1D(2, 3)(layers.Attention()([x, x]))))
    types = walk(model, "model", 1 << 20).network.types
    assert [each.length for each in types] == [1 << 20] * 3 + [(1 << 20) - 2, 1]
    with pytest.raises(
        ModelError, match=r"model: texts of 2000000 ids: 2000000 steps, .*; give a smaller --max-tokens"
    ):
        walk(model, "model", 2_000_000)


def test_texts_of_a_nested_vectorization(words):
    text = keras.Input((1,), dtype="string")
    front = layers.TextVectorization(vocabulary=list(words[2:]), output_sequence_length=5)
    walked = walk(functional(text, keras.Sequential([text, front]), *parts()), "model", 5)
    assert walked.vectorization is front
    assert [node.masked for node in walked.network.builder.nodes] == [False, True, True, False]


def test_a_second_vectorization_is_refused(words):
    text = keras.Input((1,), dtype="string")
    fronts = [layers.TextVectorization(vocabulary=list(words[2:]), name=name) for name in ("one", "two")]
    embedding = layers.Embedding(8, 4)
    pooled = layers.Add()([layers.GlobalMaxPooling1D()(embedding(front(text))) for front in fronts])
    with pytest.raises(
        ModelError, match=r"'\w+' \(TextVectorization\): does not read the input of the model, expected one"
    ):
        walk(keras.Model(text, pooled), "model", 6)


def test_keras_is_left_as_it_was():
    model = functional(ids(), *parts())
    walk(model, "model", 6)
    assert all("call" not in vars(layer) for layer in model.layers)
