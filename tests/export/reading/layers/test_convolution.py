"""Convolutions, with TensorFlow's padding."""

import pytest
from keras import layers

from drupelet_export.errors import ModelError


@pytest.mark.parametrize(
    "settings",
    [
        {}, {"padding": "same", "kernel_size": 4}, {"padding": "causal", "dilation_rate": 2}, {"strides": 3},
        {"padding": "same", "strides": 2, "kernel_size": 4}, {"groups": 2}, {"padding": "same", "dilation_rate": 3},
        {"padding": "same", "strides": 3, "kernel_size": 2}, {"padding": "causal", "strides": 2},
    ],
)  # fmt: skip
def test_padding_strides_and_groups(agree, settings):
    assert agree(lambda x: layers.Flatten()(layers.Conv1D(4, **{"kernel_size": 3, **settings})(x))) == [
        "convolution",
        "reshape",
    ]


def test_depthwise_and_separable(agree):
    depthwise = lambda x: layers.DepthwiseConv1D(3, depth_multiplier=2, activation="relu", padding="same")(x)  # noqa: E731
    assert agree(depthwise) == ["convolution", "activation"]
    assert agree(lambda x: layers.SeparableConv1D(5, 3, depth_multiplier=2, strides=2)(x)) == ["convolution", "dense"]


def test_a_mask_ends_at_a_convolution(agree):
    assert agree(lambda x: layers.GRU(3)(layers.Conv1D(4, 3)(x)), mask=True) == ["convolution", "recurrent"]


def test_channels_first_is_refused(describe_network):
    with pytest.raises(
        ModelError, match=r"has data_format='channels_first', expected 'channels_last'|Keras cannot compute it"
    ):
        describe_network(lambda x: layers.Conv1D(4, 3, data_format="channels_first")(x))
