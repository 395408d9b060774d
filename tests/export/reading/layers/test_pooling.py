"""Poolings over windows and over all steps."""

import pytest
from keras import layers

from drupelet_export.errors import ModelError


@pytest.mark.parametrize("kind", [layers.MaxPooling1D, layers.AveragePooling1D])
def test_windows(agree, kind):
    for settings in (
        {"pool_size": 2},
        {"pool_size": 3, "strides": 1, "padding": "same"},
        {"pool_size": 4, "strides": 3, "padding": "same"},
    ):
        assert agree(lambda x, s=settings: layers.Flatten()(kind(**s)(x))) == ["window_pool", "reshape"]


def test_of_all_steps(agree):
    assert agree(lambda x: layers.GlobalAveragePooling1D()(x), mask=True) == ["reduce*"]
    assert agree(lambda x: layers.GlobalMaxPooling1D()(layers.Dense(3)(x)), mask=True) == ["dense", "reduce"]
    assert agree(lambda x: layers.Flatten()(layers.GlobalMaxPooling1D(keepdims=True)(x))) == ["reduce"]


def test_a_kept_axis_meets_steps(agree):
    assert agree(lambda x: layers.Multiply()([x, layers.GlobalAveragePooling1D(keepdims=True)(x)])) == [
        "reduce",
        "merge",
    ]


def test_features_first_is_refused(describe_network):
    with pytest.raises(ModelError, match="has data_format='channels_first', expected 'channels_last'"):
        describe_network(lambda x: layers.GlobalMaxPooling1D(data_format="channels_first")(x))
