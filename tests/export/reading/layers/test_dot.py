"""Dot, and what it saves: scores of steps stay steps."""

import pytest
from keras import layers


@pytest.mark.parametrize(("axes", "normalize"), [(1, False), (2, False), (-1, True), ((1, 1), True)])
def test_steps_with_steps(agree, axes, normalize):
    assert agree(lambda x: layers.Dot(axes, normalize)([layers.Dense(4)(x), x])) == ["dense", "dot"]


def test_steps_with_vectors(agree):
    state = lambda x: layers.GRU(4)(x)  # noqa: E731
    assert agree(lambda x: layers.Softmax()(layers.Dot((2, 1))([x, state(x)]))) == [
        "recurrent",
        "reshape",
        "dot",
        "softmax",
        "reshape",
    ]
    assert agree(lambda x: layers.Dot((1, 2), True)([state(x), x])) == ["recurrent", "reshape", "dot", "reshape"]
    assert agree(lambda x: layers.Dot(1)([state(x), state(x)])) == ["recurrent", "recurrent", "dot"]


def test_weights_of_steps_with_steps(agree):
    def network(x):
        weights = layers.Softmax()(layers.Flatten()(layers.Dense(1)(x)))
        return layers.Concatenate()([layers.Dot((1, 1))([weights, x]), layers.Dot((1, 1))([x, weights])])

    assert agree(network) == ["dense", "softmax", "dot", "reshape", "dot", "reshape", "merge"]
