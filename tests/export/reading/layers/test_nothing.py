"""Layers that do nothing at inference leave no trace, and pass masks on."""

import pytest
from keras import layers


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.Dropout(0.5), lambda: layers.SpatialDropout1D(0.5), lambda: layers.GaussianDropout(0.5),
        lambda: layers.GaussianNoise(0.5), lambda: layers.AlphaDropout(0.5), lambda: layers.ActivityRegularization(0.1),
        lambda: layers.Identity(),
    ],
)  # fmt: skip
def test_nothing(agree, layer):
    assert agree(lambda x: layers.GRU(2)(layer()(x)), mask=True) == ["recurrent*"]
