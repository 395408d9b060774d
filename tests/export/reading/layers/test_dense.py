"""Dense and EinsumDense."""

import pytest
from keras import layers

from drupelet_export.errors import ModelError


def test_on_steps_vectors_and_single_steps(agree):
    assert agree(lambda x: layers.Dense(3, "relu", use_bias=False)(x)) == ["dense", "activation"]
    assert agree(lambda x: layers.Dense(3)(layers.GRU(2)(x))) == ["recurrent", "dense"]
    assert agree(lambda x: layers.Flatten()(layers.Dense(3)(layers.GlobalMaxPooling1D(keepdims=True)(x)))) == [
        "reduce",
        "dense",
    ]


def test_a_layer_that_is_used_twice_shares_its_kernel(describe_network):
    shared = layers.Dense(4)
    assert [node.weights_of for node in describe_network(lambda x: shared(shared(x))).nodes] == [None, None, 1, None]


@pytest.mark.parametrize("equation", ["abc,cd->abd", "...c,dc->...d"])
def test_einsum(agree, equation):
    shape = (None, 3) if equation[0] == "a" else 3
    assert agree(lambda x: layers.EinsumDense(equation, shape, bias_axes="d")(x)) == ["dense"]


def test_another_equation_is_refused(describe_network):
    with pytest.raises(
        ModelError, match="has the equation 'abc,bd->acd', expected a matrix product with the last axis"
    ):
        describe_network(lambda x: layers.EinsumDense("abc,bd->acd", (None, 3))(x))
