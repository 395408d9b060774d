"""The activations are those of the oracle, in TensorFlow and in one TFLite file."""

import numpy as np
import pytest
import tensorflow as tf

from drupelet.operations.activation import Activation
from drupelet.operations.activation_names import ACTIVATIONS, PARAMETERS
from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet_export.model.oracle.activation import activated as expected
from drupelet_export.model.tensorflow_operations.activation import FUNCTIONS, OF_PARAMETERS, activated
from export.model.small_graphs import Sketch, check_file

X = np.concatenate([np.linspace(-12, 12, 4801), [-100, -88, -40, -1e-6, 1e-6, 40, 80]]).astype(np.float32)
GIVEN = {"alpha": 0.5, "beta": 0.75, "gamma": 0.25}


def parameters(function):
    return {name: GIVEN[name] for name in PARAMETERS.get(function, ())}


def test_every_activation_is_there():
    assert {*FUNCTIONS, *OF_PARAMETERS} == set(ACTIVATIONS)
    assert set(OF_PARAMETERS) == set(PARAMETERS)


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_values_are_those_of_the_oracle(function):
    found = activated(function, tf.constant(X), **parameters(function))
    wanted = expected(function, X.astype(np.float64), **parameters(function))
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=3e-7)


def test_a_relu_may_have_no_upper_bound():
    found = activated("bounded_relu", tf.constant(X), alpha=0.5, beta=float("inf"), gamma=0.25)
    wanted = expected("bounded_relu", X.astype(np.float64), 0.5, float("inf"), 0.25)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=3e-7)


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_derivatives_are_finite(function):
    x = tf.constant(X[np.abs(X) <= 40])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(activated(function, x, **parameters(function)))
    assert np.isfinite(tape.gradient(y, x)).all()


def test_a_file_has_all_of_them():
    sketch = Sketch()
    steps = sketch.embedded(5)
    sums = []
    for function in ACTIVATIONS:
        activated = sketch.add(Activation(function, **parameters(function)), steps)
        sums.append(sketch.add(Reduce("sum"), activated))
        sums.append(sketch.add(Activation(function, **parameters(function)), sums[-1]))
    check_file(sketch.model(sketch.add(Merge("concat"), *sums[:60])))
