"""Both directions are one operation where they can be, else two and a merge."""

import pytest
from keras import layers

from drupelet_export.errors import ModelError


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul"])
def test_one_operation(agree, mode):
    assert agree(
        lambda x: layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=mode)(x), mask=True
    ) == ["recurrent*"]


def test_two_outputs(agree):
    network = lambda x: layers.Add()(layers.Bidirectional(layers.LSTM(3), merge_mode=None)(x))  # noqa: E731
    assert agree(network) == ["recurrent", "recurrent", "merge"]


def test_directions_with_settings_of_their_own(agree):
    back = lambda: layers.LSTM(3, activation="relu", go_backwards=True, return_sequences=True)  # noqa: E731
    network = lambda x: layers.Bidirectional(layers.LSTM(3, return_sequences=True), backward_layer=back())(x)  # noqa: E731
    assert agree(network, mask=True) == ["recurrent*", "recurrent*", "merge"]


def test_states(agree):
    network = lambda x: layers.Concatenate()(layers.Bidirectional(layers.LSTM(3, return_state=True))(x)[1:])  # noqa: E731
    assert agree(network, mask=True) == ["recurrent*"] * 4 + ["merge"]


def test_directions_set_by_hand_are_refused(describe_network):
    def network(x):
        both = layers.Bidirectional(layers.LSTM(3))
        y = both(x)
        both.backward_layer.go_backwards = False
        return y

    with pytest.raises(ModelError, match="has a forward layer that goes backwards, or a backward layer that does not"):
        describe_network(network)
