"""Each step several times in a row."""

import pytest

from drupelet.engines.numpy_operations.repeat import repeat_steps
from drupelet.operations.repeat import Repeat

CASES = [
    (Repeat(2), [[[1, 2], [3, 4]]], {}, [[1, 2], [1, 2], [3, 4], [3, 4]]),
    (Repeat(3), [[1, 2]], {}, [[1, 2], [1, 2], [1, 2]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = repeat_steps(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
