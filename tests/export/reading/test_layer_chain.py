"""Layers come in the order in which a text passes through them, even in nested models. A branch is refused."""

import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.layer_chain import input_length, layer_chain

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
}


@pytest.mark.parametrize("case", NESTED)
def test_nested_models_pass_their_mask_on_as_in_keras(text_options, case):
    chain = parts()
    model = NESTED[case](*chain)
    assert [link.layer for link in layer_chain(model, "model")] == list(chain)
    description = describe_model(model, text_options(), "model")
    answers = [evaluate_ids(description, row) for row in IDS]
    np.testing.assert_allclose(answers, model.predict(IDS, verbose=0), atol=2e-6)


@pytest.mark.parametrize(
    "mask",
    [
        lambda inputs: keras.ops.not_equal(inputs, 5),
        lambda inputs: keras.ops.greater(inputs, 0),
        lambda inputs: keras.ops.not_equal(keras.ops.maximum(inputs, 1), 0),
    ],
)
def test_a_mask_that_is_not_the_padding_is_refused(mask):
    embedding, _, second, head = parts()
    inputs = ids()
    model = keras.Model(inputs, head(second(embedding(inputs), mask=mask(inputs))))
    with pytest.raises(ModelError, match=r"^model: layer 'gru\w*' gets the mask '\w+' \(\w+\), expected ids != 0"):
        layer_chain(model, "model")


def test_an_operation_at_the_end_is_refused():
    embedding, _, second, head = parts()
    inputs = ids()
    model = keras.Model(inputs, head(second(embedding(inputs))) * 2.0)
    with pytest.raises(
        ModelError, match=r"^model: ends in 'multiply\w*', expected its last layer, 'dense\w*'; build it"
    ):
        layer_chain(model, "model")


def test_masks_of_a_functional_model_are_seen():
    embedding, first, second, head = parts()
    inputs = ids()
    states = second(first(embedding(inputs), mask=keras.ops.not_equal(inputs, 0)))
    chain = layer_chain(keras.Model(inputs, head(states)), "model")
    assert [link.has_mask for link in chain] == [False, True, True, False]
    sequential = keras.Sequential([inputs, *parts()])
    assert [link.has_mask for link in layer_chain(sequential, "model")] == [None] * 4


def test_a_mask_for_a_nested_model_is_one_for_its_layers(text_options):
    _, first, second, head = parts()
    inputs = ids()
    vectors = layers.Embedding(8, 4)(inputs)
    inner = functional(keras.Input((6, 4)), first, second)
    model = keras.Model(inputs, head(inner(vectors, mask=keras.ops.not_equal(inputs, 0))))
    with pytest.raises(ModelError, match=r"\(LSTM\), after '\w+': gets a mask, with mask_zero=False; supported models"):
        describe_model(model, text_options(padding="pre"), "model")


def test_a_call_in_another_model_does_not_count():
    chain = parts()
    model = functional(ids(), *chain)
    functional(ids(), *chain[:3])
    assert len(layer_chain(model, "model")) == 4


def test_a_nested_model_that_is_used_twice_is_refused():
    embedding, *_, head = parts()
    inner = functional(keras.Input((6, 4)), layers.LSTM(4, return_sequences=True))
    model = functional(ids(), embedding, inner, inner, layers.LSTM(2), head)
    message = rf"model: layer '{inner.name}' \(Functional\) is used more than once; expected a plain chain of layers"
    with pytest.raises(ModelError, match=message):
        layer_chain(model, "model")


def test_a_layer_that_reads_an_earlier_one_is_refused():
    embedding, _, second, head = parts()
    vectors = embedding(ids())
    model = keras.Model(
        vectors._keras_history.operation.input, head(second(layers.Add(name="odd")([vectors, vectors])))
    )
    with pytest.raises(
        ModelError, match=r"model: layer 'odd' \(Add\) does not read the layer before it; expected a chain"
    ):
        layer_chain(model, "model")


def test_a_state_passed_to_a_layer_is_refused():
    inputs = ids()
    states, *state = layers.LSTM(3, return_sequences=True, return_state=True)(layers.Embedding(8, 4)(inputs))
    model = keras.Model(inputs, layers.LSTM(3, name="odd")(states, initial_state=state))
    with pytest.raises(ModelError, match=r"layer 'odd' \(LSTM\) does not read the layer before it"):
        layer_chain(model, "model")


def test_a_layer_that_always_trains_is_refused():
    embedding, _, second, head = parts()
    inputs = ids()
    dropped = layers.Dropout(0.5, name="odd")(embedding(inputs), training=True)
    model = keras.Model(inputs, head(second(dropped)))
    message = r"model: layer 'odd' \(Dropout\) is called with training; expected only the output of the layer before it"
    with pytest.raises(ModelError, match=message):
        layer_chain(model, "model")


@pytest.mark.parametrize(("outer", "inner", "length"), [(5, None, 5), (None, 5, 5), (5, 5, 5), (None, None, None)])
def test_the_length_of_the_input_may_be_that_of_a_nested_one(outer, inner, length):
    encoder = keras.Sequential([ids(inner), *parts()[:3]])
    assert input_length(functional(ids(outer), encoder, layers.Dense(2))) == length
    assert input_length(keras.Sequential([ids(outer), encoder, layers.Dense(2)])) == length


def test_a_model_that_reads_texts_has_no_input_length(words):
    text = keras.Input((1,), dtype="string")
    front = keras.Sequential([text, layers.TextVectorization(vocabulary=list(words[2:]))])
    assert input_length(functional(text, layers.TextVectorization(vocabulary=["a"]), *parts())) is None
    assert input_length(keras.Sequential([text, front, *parts()])) is None
