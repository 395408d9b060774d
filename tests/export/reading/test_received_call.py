"""What a layer receives is seen as it is, and the layer is left as it was."""

import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.reading.received_call import received_arguments


def embedded(mask_zero):
    return layers.Embedding(8, 4, mask_zero=mask_zero)(np.array([[0, 1, 2]]))


def test_the_mask_is_what_keras_gives():
    layer = layers.GlobalAveragePooling1D()
    with received_arguments(layer) as received:
        layer(embedded(True))
    assert np.asarray(received["mask"]).tolist() == [[False, True, True]]
    with received_arguments(layer) as received:
        layer(embedded(False))
    assert received.get("mask") is None


def test_a_layer_with_an_initial_state_gets_no_mask():
    layer = layers.GRU(3)
    with received_arguments(layer) as received:
        layer(embedded(True), initial_state=keras.ops.zeros((1, 3)))
    assert received.get("mask") is None


def test_recurrent_layers_are_not_computed():
    layer = layers.LSTM(3, return_sequences=True, return_state=True)
    with received_arguments(layer):
        steps, h, c = layer(embedded(True))
    assert [each.shape for each in (steps, h, c)] == [(1, 3, 3), (1, 3), (1, 3)]
    assert not np.any(steps)
    assert np.asarray(steps._keras_mask).tolist() == [[False, True, True]]
    assert np.any(layer(embedded(True))[0])


def test_operations_are_left_alone():
    operation = keras.src.ops.numpy.Sum(axis=1)
    with received_arguments(operation) as received:
        assert operation(np.ones((1, 2))).shape == (1,)
    assert received == {}


def test_a_layer_is_left_as_it_was_after_an_error():
    layer = layers.Dense(3)
    layer.build((None, 2))
    with pytest.raises(ValueError, match="incompatible"), received_arguments(layer):
        layer(np.ones((1, 5)))
    assert "call" not in vars(layer)
