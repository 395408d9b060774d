"""A part of the steps, and zeros."""

import pytest

from drupelet.engines.numpy_operations.window import take_window
from drupelet.operations.window import Window

CASES = [
    (Window(1, 0, 0, 2), [[[1], [2], [3]]], {}, [[2], [3], [0], [0]]),
    (Window(0, 2, 1, 0), [[[1], [2], [3]]], {}, [[0], [1]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = take_window(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
