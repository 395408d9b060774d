"""Models in models are found without recursion, up to a limit."""

import keras
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.reading import nested_models
from drupelet_export.reading.nested_models import (
    function_of,
    input_length,
    masks_zero,
    operations_of,
    text_vectorization,
)


def ids(length=6):
    return keras.Input((length,), dtype="int32")


def functional(inputs, *chain):
    tensor = inputs
    for layer in chain:
        tensor = layer(tensor)
    return keras.Model(inputs, tensor)


def parts():
    return layers.Embedding(8, 4, mask_zero=True), layers.LSTM(3, return_sequences=True), layers.GRU(2), layers.Dense(2)


@pytest.mark.parametrize(("outer", "inner", "length"), [(5, None, 5), (None, 5, 5), (5, 5, 5), (None, None, None)])
def test_the_length_of_the_input_may_be_that_of_a_nested_one(outer, inner, length):
    encoder = keras.Sequential([ids(inner), *parts()[:3]])
    assert input_length(functional(ids(outer), encoder, layers.Dense(2))) == length
    assert input_length(keras.Sequential([ids(outer), encoder, layers.Dense(2)])) == length


def test_an_embedding_that_masks_zero_is_found_in_nested_models():
    for masks in (True, False):
        inner = functional(ids(), layers.Embedding(8, 4, mask_zero=masks))
        assert masks_zero(functional(ids(), inner, layers.Conv1D(2, 2))) is masks


def test_a_model_that_reads_texts_has_no_input_length(words):
    text = keras.Input((1,), dtype="string")
    front = keras.Sequential([text, layers.TextVectorization(vocabulary=list(words[2:]))])
    model = functional(text, front, *parts())
    assert input_length(model) is None
    assert text_vectorization(model) is front.layers[0]
    assert input_length(keras.Sequential([text, front, *parts()])) is None
    assert text_vectorization(functional(ids(), *parts())) is None


def test_models_nested_too_deeply_are_refused(monkeypatch):
    monkeypatch.setattr(nested_models, "MAX_DEPTH", 3)
    model = functional(ids(), layers.Embedding(8, 4), layers.GRU(2))
    for _ in range(3):
        model = functional(ids(), model)
    with pytest.raises(ModelError, match="model: models nested more than 3 deep, expected fewer"):
        operations_of(model, "model")


def test_too_many_layers_are_refused(monkeypatch):
    monkeypatch.setattr(nested_models, "MAX_LAYERS", 5)
    model = functional(ids(), layers.Embedding(8, 4), *[layers.Dropout(0.1) for _ in range(4)], layers.GRU(2))
    with pytest.raises(ModelError, match="model: 7 layers, expected at most 5"):
        operations_of(model, "model")


def test_a_nested_model_that_is_called_twice_is_listed_once():
    inner = functional(keras.Input((6, 4)), layers.Dense(4, name="inner"))
    model = functional(ids(), layers.Embedding(8, 4), inner, inner, layers.GRU(2))
    assert [each.name for each in operations_of(model, "model")].count("inner") == 1


def test_models_alone_are_graphs():
    model = keras.Sequential([ids(), *parts()])
    assert function_of(model) is not None
    assert function_of(functional(ids(), *parts())) is not None
    assert function_of(keras.Sequential([layers.Dense(2)])) is None
    assert function_of(layers.Dense(2)) is None
