"""A factor and an offset for each feature."""

import pytest

from drupelet.engines.numpy_operations.scale_shift import scale_and_shift
from drupelet.operations.scale_shift import ScaleShift

CASES = [
    (ScaleShift(), [[[1, 2], [3, 4]]], {"scale": [2, 10], "shift": [0.5, -1]}, [[2.5, 19], [6.5, 39]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = scale_and_shift(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
