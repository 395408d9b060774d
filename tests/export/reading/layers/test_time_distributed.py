"""TimeDistributed around layers that work on the features of each step."""

import keras
import pytest
from keras import layers

from drupelet_export.errors import ModelError


def test_layers_of_features(agree):
    assert agree(lambda x: layers.TimeDistributed(layers.Dense(3, "relu"))(x)) == ["dense", "activation"]
    assert (
        agree(lambda x: layers.TimeDistributed(layers.Flatten())(layers.TimeDistributed(layers.Dropout(0.1))(x))) == []
    )
    inner = lambda: keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.LayerNormalization()])  # noqa: E731
    assert agree(lambda x: layers.TimeDistributed(inner())(x)) == ["dense", "normalization"]


def test_a_mask_passes(agree):
    assert agree(lambda x: layers.GRU(2)(layers.TimeDistributed(layers.Dense(3))(x)), mask=True) == [
        "dense",
        "recurrent*",
    ]


def test_other_layers_are_refused(describe_network):
    with pytest.raises(
        ModelError, match="wraps a RepeatVector, expected a layer that works on the features of each step"
    ):
        describe_network(lambda x: layers.Reshape((7, 8))(layers.TimeDistributed(layers.RepeatVector(2))(x)))
