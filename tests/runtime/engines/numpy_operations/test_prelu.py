"""Slopes for each feature, and for each number."""

import pytest

from drupelet.engines.numpy_operations.prelu import activate_with_slopes
from drupelet.operations.prelu import PRelu

CASES = [
    (PRelu(False), [[[-1, -2], [3, -4]]], {"slope": [0.5, 2]}, [[-0.5, -4], [3, -8]]),
    (PRelu(True), [[[-1, -2], [3, -4]]], {"slope": [[0.5, 2], [1, 3]]}, [[-0.5, -4], [3, -12]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = activate_with_slopes(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
