"""Convolutions worked out by hand: padding, stride, dilation, groups."""

import pytest

from drupelet.engines.numpy_operations.convolution import convolve
from drupelet.operations.convolution import Convolution

CASES = [
    (Convolution(1, 2, 1, 1, 1, 0, 0), [[[1], [2], [3]]], {"kernel": [[1], [10]], "bias": [0.5]}, [[21.5], [32.5]]),
    (Convolution(1, 2, 1, 1, 1, 1, 0), [[[1], [2], [3]]], {"kernel": [[1], [10]], "bias": [0]}, [[10], [21], [32]]),
    (Convolution(1, 2, 2, 1, 1, 0, 0), [[[1], [2], [3], [4]]], {"kernel": [[1], [10]], "bias": [0]}, [[21], [43]]),
    (Convolution(1, 2, 1, 2, 1, 0, 0), [[[1], [2], [3], [4]]], {"kernel": [[1], [10]], "bias": [0]}, [[31], [42]]),
    (Convolution(1, 1, 1, 1, 1, 0, 0), [[[1, 2]]], {"kernel": [[1], [10]], "bias": [0]}, [[21]]),
    (Convolution(2, 1, 1, 1, 2, 0, 0), [[[1, 2]]], {"kernel": [[3, 5]], "bias": [0, 0]}, [[3, 10]]),
    (Convolution(4, 1, 1, 1, 2, 0, 0), [[[1, 2]]], {"kernel": [[3, 4, 5, 6]], "bias": [0] * 4}, [[3, 4, 10, 12]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = convolve(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
