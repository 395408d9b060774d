"""The activations of the oracle are those of Keras."""

import numpy as np
import pytest

from drupelet.operations.activation_names import ACTIVATIONS, PARAMETERS
from drupelet_export.model.oracle.activation import FUNCTIONS, activated

X = np.array([-100.0, -4.0, -3.0, -1.5, -1e-3, 0.0, 1e-3, 1.5, 3.0, 4.0, 100.0])
IN_KERAS = {
    "elu": {"alpha": 0.5},
    "leaky_relu": {"negative_slope": 0.25},
    "soft_shrink": {"threshold": 0.5},
    "hard_shrink": {"threshold": 0.5},
    "celu": {"alpha": 0.5},
    "squareplus": {"b": 4.0},
    "threshold": {"threshold": 0.25, "default_value": 0.5},
}
"""The arguments of Keras's activations that have parameters."""
OURS = {
    "gelu_tanh": ("gelu", {"approximate": True}),
    "bounded_relu": ("relu", {"negative_slope": 0.25, "max_value": 0.75, "threshold": 0.125}),
}
"""Activations that have another name in Keras."""


def test_every_activation_has_a_function():
    assert list(FUNCTIONS) == list(ACTIVATIONS)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "hard_sigmoid_2"])
def test_activations_are_those_of_keras(name):
    import keras

    named, options = OURS.get(name, (name, IN_KERAS.get(name, {})))
    expected = np.asarray(getattr(keras.activations, named)(keras.ops.convert_to_tensor(X, "float64"), **options))
    values = list(options.values()) if name in PARAMETERS else []
    np.testing.assert_allclose(activated(name, X, *values), expected, rtol=1e-6, atol=1e-7)


def test_the_hard_sigmoid_of_keras_2():
    np.testing.assert_allclose(activated("hard_sigmoid_2", X), np.clip(0.2 * X + 0.5, 0, 1))


def test_elu_of_a_recurrent_layer_has_alpha_1():
    np.testing.assert_allclose(activated("elu", np.array([-2.0])), [np.exp(-2) - 1])
