"""Cropping, zeros and repeated steps."""

from keras import layers


def test_steps(agree):
    assert agree(lambda x: layers.Flatten()(layers.Cropping1D((2, 1))(x))) == ["window", "reshape"]
    assert agree(lambda x: layers.Flatten()(layers.ZeroPadding1D((0, 2))(x))) == ["window", "reshape"]
    assert agree(lambda x: layers.GRU(2)(layers.UpSampling1D(3)(x))) == ["repeat", "recurrent"]
