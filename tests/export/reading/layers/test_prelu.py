"""PReLU, with slopes of features or of steps."""

from keras import layers


def test_slopes(agree, describe_network):
    assert agree(lambda x: layers.PReLU()(x)) == ["prelu"]
    assert agree(lambda x: layers.PReLU(shared_axes=[1])(x)) == ["prelu"]
    assert agree(lambda x: layers.PReLU(shared_axes=[2])(x)) == ["prelu"]
    assert agree(lambda x: layers.PReLU()(layers.GRU(3)(x))) == ["recurrent", "prelu"]
    shared = describe_network(lambda x: layers.PReLU(shared_axes=[1])(x))
    assert shared.tensors["prelu.1.slope"].shape == (4,)
