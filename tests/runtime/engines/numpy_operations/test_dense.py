"""A matrix product, on a vector and on every step."""

import pytest

from drupelet.engines.numpy_operations.dense import multiply
from drupelet.operations.dense import Dense

CASES = [
    (Dense(2), [[1, 2]], {"kernel": [[1, 2], [3, 4]], "bias": [0.5, -1]}, [7.5, 9]),
    (Dense(1), [[[1, 2], [3, 4]]], {"kernel": [[1], [10]], "bias": [0]}, [[21], [43]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = multiply(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
