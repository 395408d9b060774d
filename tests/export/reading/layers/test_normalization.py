"""Normalizations along the last axis."""

import pytest
from keras import layers

from drupelet_export.errors import ModelError


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.LayerNormalization(epsilon=0.1), lambda: layers.LayerNormalization(center=False, scale=False),
        lambda: layers.RMSNormalization(), lambda: layers.UnitNormalization(),
    ],
)  # fmt: skip
def test_the_last_axis(agree, layer):
    assert agree(lambda x: layer()(x)) == ["normalization"]
    assert agree(lambda x: layer()(layers.GRU(3)(x))) == ["recurrent", "normalization"]


def test_another_axis_is_refused(describe_network):
    with pytest.raises(ModelError, match=r"normalizes axis .*1.*, expected the last one"):
        describe_network(lambda x: layers.LayerNormalization(axis=1)(x))
