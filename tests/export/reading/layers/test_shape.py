"""Layers that only move numbers around cost nothing where the graph need not know."""

import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError


def test_attention_by_hand_moves_no_number(agree):
    def network(x):
        weights = layers.Activation("softmax")(layers.Flatten()(layers.Dense(1)(x)))
        return ops.sum(layers.Multiply()([x, layers.Permute((2, 1))(layers.RepeatVector(4)(weights))]), axis=1)

    assert agree(network) == ["dense", "softmax", "merge", "reduce"]


def test_axes_of_one_number(agree):
    assert agree(lambda x: ops.squeeze(ops.expand_dims(ops.sum(x, axis=1), 1), 1)) == ["reduce"]
    assert agree(lambda x: x * ops.expand_dims(ops.squeeze(layers.Dense(1)(x), 2), -1)) == ["dense", "merge"]
    assert agree(lambda x: layers.Flatten()(ops.sum(x, axis=1)[:, None, :])) == ["reduce"]


@pytest.mark.parametrize(
    ("network", "names"),
    [
        (lambda x: layers.Flatten()(x), ["reshape"]),
        (lambda x: layers.Flatten()(layers.Reshape((14, 2))(x)), ["reshape", "reshape"]),
        (lambda x: layers.Flatten()(layers.Permute((2, 1))(x)), ["transpose", "reshape"]),
        (lambda x: layers.Permute((1, 2))(x), []),
        (lambda x: layers.RepeatVector(3)(layers.GRU(2)(x)), ["recurrent", "repeat"]),
        (lambda x: ops.swapaxes(x, 1, 2), ["transpose"]),
        (lambda x: layers.Flatten()(layers.RepeatVector(2)(layers.Flatten()(layers.Dense(1)(x)))),
         ["dense", "reshape", "repeat", "reshape"]),
        (lambda x: layers.GRU(2)(layers.Permute((2, 1))(layers.RepeatVector(3)(layers.Flatten()(layers.Dense(1)(x))))),
         ["dense", "dense", "recurrent"]),
        (lambda x: layers.Reshape((4, 1))(ops.sum(x, axis=1)), ["reduce", "reshape"]),
    ],
)  # fmt: skip
def test_numbers_that_move(agree, network, names):
    assert agree(network) == names


def test_four_axes_are_refused(describe_network):
    with pytest.raises(ModelError, match="gives 4 axes, expected 2 or 3: texts, steps, features"):
        describe_network(lambda x: layers.Reshape((7, 4))(layers.Reshape((7, 2, 2))(x)))
