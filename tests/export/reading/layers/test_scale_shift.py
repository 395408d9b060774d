"""BatchNormalization with its statistics, and Rescaling."""

import pytest
from keras import layers

from drupelet_export.errors import ModelError


def test_statistics(agree):
    for settings in ({}, {"center": False, "epsilon": 0.1}, {"scale": False}):
        assert agree(lambda x, s=settings: layers.BatchNormalization(**s)(x)) == ["scale_shift"]
    assert agree(lambda x: layers.Rescaling(0.5, -1.0)(x)) == ["scale_shift"]


def test_another_axis_is_refused(describe_network):
    with pytest.raises(ModelError, match="normalizes axis 1, expected the last one"):
        describe_network(lambda x: layers.BatchNormalization(axis=1)(x))
