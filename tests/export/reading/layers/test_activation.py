"""Activations of Keras are read by identity, as functions and as layers."""

import keras
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.reading.keras2_activations import hard_sigmoid_keras2
from drupelet_export.reading.layers.activation import functions


def test_layers_and_functions(agree, describe_network):
    def network(x):
        parts = [
            layers.Activation("gelu")(x), layers.ReLU(2.0, 0.1, 0.5)(x), layers.LeakyReLU(0.3)(x), layers.ELU(0.5)(x),
            layers.Dense(3, layers.LeakyReLU(0.4))(x), layers.Dense(3, hard_sigmoid_keras2)(x),
        ]  # fmt: skip
        return layers.Concatenate()(parts)

    assert agree(network) == [*["activation"] * 4, "dense", "activation", "dense", "activation", "merge"]
    found = [vars(node.operation) for node in describe_network(network).nodes if node.operation.name == "activation"]
    assert [each["function"] for each in found] == [
        "gelu", "bounded_relu", "leaky_relu", "elu", "leaky_relu", "hard_sigmoid_2",
    ]  # fmt: skip
    assert (found[1]["alpha"], found[1]["beta"], found[1]["gamma"]) == (pytest.approx(0.1), 2.0, 0.5)


def test_every_function_of_one_number_is_known():
    known = {function.__name__ for function in functions()}
    assert set(keras.activations.__dict__) >= known - {"hard_sigmoid_keras2"}
    for name in ("relu", "tanh", "gelu", "swish", "hard_swish", "squareplus", "celu", "sparse_plus"):
        assert keras.activations.get(name) in functions()


def tanh(x):
    """A function with the name of one of Keras."""
    return x * 2


@pytest.mark.parametrize(
    ("layer", "name"),
    [(lambda: layers.Dense(2, tanh), "tanh"), (lambda: layers.GRU(2, activation="sparsemax"), "sparsemax")],
)
def test_a_function_that_is_not_known_is_refused(describe_network, layer, name):
    with pytest.raises(ModelError, match=rf"has the activation '{name}', expected one of Keras: celu, elu, "):
        describe_network(lambda x: layer()(x))


def test_a_recurrent_layer_takes_functions_without_parameters(describe_network):
    with pytest.raises(
        ModelError, match=r"has the activation leaky_relu, expected one of linear, relu, .* in a recurrent layer"
    ):
        describe_network(lambda x: layers.GRU(2, activation="leaky_relu")(x))
