"""The same numbers in another form, row by row."""

import pytest

from drupelet.engines.numpy_operations.reshape import reshape
from drupelet.operations.reshape import Reshape

CASES = [
    (Reshape(3, 2), [[[1, 2, 3], [4, 5, 6]]], {}, [[1, 2], [3, 4], [5, 6]]),
    (Reshape(None, 4), [[[1, 2], [3, 4]]], {}, [1, 2, 3, 4]),
    (Reshape(2, 1), [[1, 2]], {}, [[1], [2]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = reshape(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
