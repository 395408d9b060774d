"""A function of each number; all of them are in test_numpy_activations.py."""

import pytest

from drupelet.engines.numpy_operations.activation import activate
from drupelet.operations.activation import Activation

CASES = [
    (Activation("relu"), [[-1, 0, 2]], {}, [0, 0, 2]),
    (Activation("threshold", 1.0, -5.0), [[[1, 1.5]]], {}, [[-5, 1.5]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = activate(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
