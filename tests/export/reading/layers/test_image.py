"""Texts as images: what Kim's network looks like with convolutions of two dimensions."""

import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError


def image(x):
    return layers.Reshape((7, 4, 1))(x)


def test_kims_network(agree):
    def network(x):
        pooled = [
            layers.MaxPooling2D((8 - size, 1), strides=(1, 1))(layers.Conv2D(3, (size, 4), activation="relu")(image(x)))
            for size in (2, 3)
        ]
        return layers.Flatten()(layers.Concatenate(axis=1)(pooled))

    names = [*["convolution"] * 2, *["activation"] * 2, *["window_pool"] * 2, "merge", "reshape"]
    assert sorted(agree(network)) == sorted(names)


def test_convolutions_behind_a_convolution(agree):
    def network(x):
        y = layers.BatchNormalization()(layers.Conv2D(3, (2, 4))(ops.expand_dims(x, -1)))
        y = layers.Conv2D(2, (3, 1), padding="same", strides=(2, 1))(layers.Dropout(0.1)(y))
        return layers.Concatenate()([layers.GlobalMaxPooling2D()(y), layers.GlobalAveragePooling2D()(y)])

    assert agree(network) == ["convolution", "scale_shift", "convolution", "reduce", "reduce", "merge"]


def test_channels_become_features(agree):
    def network(x):
        y = layers.AveragePooling2D((2, 1))(layers.Conv2D(3, (2, 4), use_bias=False)(image(x)))
        return layers.GRU(2)(ops.squeeze(layers.Concatenate()([y, y]), 2))

    assert agree(network) == ["convolution", "window_pool", "merge", "recurrent"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            lambda x: layers.Conv2D(3, (2, 2))(image(x)),
            "has windows of 2 of 4 features, expected all of them, with padding 'valid'",
        ),
        (
            lambda x: layers.MaxPooling2D(2)(image(x)),
            "pools over 2 features, expected 1, behind a convolution over all features",
        ),
        (lambda x: layers.GlobalMaxPooling2D()(image(x)), "pools over features, or keeps axes"),
        (lambda x: layers.Dense(3)(image(x)), "reads an image, expected steps"),
        (lambda x: layers.Softmax(axis=2)(layers.Conv2D(3, (2, 4))(image(x))), "works along axis 2 of four"),
    ],
)
def test_other_images_are_refused(describe_network, network, message):
    with pytest.raises(ModelError, match=message):
        describe_network(lambda x: layers.Flatten()(network(x)))
