"""Recurrent layers: cells, directions, states, masks."""

import keras
import pytest
from keras import layers

from drupelet_export.errors import ModelError


def test_cells(agree):
    assert agree(lambda x: layers.RNN(layers.GRUCell(3, reset_after=False), return_sequences=True)(x)) == ["recurrent"]
    assert (
        agree(lambda x: layers.RNN([layers.SimpleRNNCell(3), layers.LSTMCell(2)])(x), mask=True) == ["recurrent*"] * 2
    )
    assert agree(lambda x: layers.LSTM(3, use_bias=False, unroll=True)(x), mask=True) == ["recurrent*"]


def test_backwards_steps_are_reversed(agree):
    assert agree(lambda x: layers.GRU(3, go_backwards=True)(x), mask=True) == ["recurrent*"]
    network = lambda x: layers.Flatten()(layers.GRU(3, go_backwards=True, return_sequences=True)(x))  # noqa: E731
    assert agree(network) == ["recurrent", "reverse", "reshape"]


@pytest.mark.parametrize("backwards", [False, True])
def test_states(agree, backwards):
    def network(x):
        y, h, c = layers.LSTM(3, return_sequences=True, return_state=True, go_backwards=backwards)(x)
        return layers.Concatenate()([layers.GlobalMaxPooling1D()(y), h, c])

    assert "recurrent" in agree(network)
    assert "recurrent*" in agree(network, mask=True)


def test_states_share_the_weights(describe_network):
    def network(x):
        return layers.Concatenate()(layers.LSTM(3, return_sequences=True, return_state=True)(x)[1:])

    description = describe_network(network, mask=True)
    assert [node.weights_of for node in description.nodes] == [None, None, 1, None]
    assert len(description.tensors) == 4


def test_an_initial_state(agree):
    def network(x):
        _, h, c = layers.LSTM(3, return_state=True)(x)
        return layers.LSTM(3)(x, initial_state=[h, c])

    assert agree(network) == ["recurrent", "recurrent", "recurrent"]
    # Keras gives a layer with an initial state no mask of its own accord.
    assert agree(network, mask=True) == ["recurrent*", "recurrent*", "recurrent"]


def test_zeros_are_no_initial_state(agree):
    zeros = keras.ops.zeros((3, 3))
    assert agree(lambda x: layers.GRU(3)(x, initial_state=zeros)) == ["recurrent"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda x: layers.GRU(3)(x, initial_state=keras.ops.ones((3, 3))), "has an initial state that is a constant"),
        (
            lambda x: layers.LSTM(3, zero_output_for_mask=True)(x),
            "has zero_output_for_mask=True without return_sequences",
        ),
        (
            lambda x: layers.Bidirectional(layers.LSTM(3, return_sequences=True, unroll=True))(x),
            "reads masked steps backwards with unroll=True, where Keras mixes up the mask",
        ),
        (lambda x: layers.RNN(Odd())(x), "has a cell Odd, expected LSTMCell, GRUCell or SimpleRNNCell"),
    ],
)
def test_what_is_not_supported_is_refused(describe_network, network, message):
    with pytest.raises(ModelError, match=message):
        describe_network(network, mask=True)


class Odd(layers.Layer):
    """A cell of a user."""

    state_size = 4

    def call(self, x, states):
        return x, [x]


def test_a_foreign_mask_is_refused(describe_network):
    def network(x):
        ids = x._keras_history.operation.input
        return layers.GRU(3)(x, mask=keras.ops.logical_not(keras.ops.not_equal(ids, 0)))

    with pytest.raises(ModelError, match="gets a mask other than that of the ids that are not 0"):
        describe_network(network)
