"""Convolutions worked out by hand: padding, stride, dilation, groups."""

import itertools

import pytest

from drupelet.engines.numpy_operations.convolution import convolve
from drupelet.operations.convolution import Convolution
from runtime.traced_memory import traced

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


@pytest.mark.parametrize(
    ("stride", "dilation", "left", "right"), [*itertools.product((1, 2, 3), (1, 2, 5), (0, 1, 7), (0, 2, 9))]
)
def test_zeros_around_the_steps_are_not_held(numpy, stride, dilation, left, right):
    length, size = 6, 3
    if length + left + right <= (size - 1) * dilation:
        return
    generator = numpy.random.default_rng(3)
    steps, kernel = (generator.integers(-9, 9, shape).astype("f4") for shape in ((length, 2), (2 * size, 4)))
    found = convolve(
        Convolution(4, size, stride, dilation, 1, left, right),
        [steps],
        {"kernel": kernel, "bias": numpy.ones(4, "f4")},
        length,
    )
    around = numpy.pad(steps, ((left, right), (0, 0)))
    expected = [
        1 + around[start : start + (size - 1) * dilation + 1 : dilation].ravel() @ kernel
        for start in range(0, len(around) - (size - 1) * dilation, stride)
    ]
    assert found.tolist() == numpy.array(expected).tolist()


def test_a_wide_dilation_takes_the_memory_of_its_result(numpy):
    far = Convolution(2, 2, 1, 1 << 20, 1, 1 << 20, 0)
    weights = {"kernel": numpy.ones((128, 2), "f4"), "bias": numpy.zeros(2, "f4")}
    steps = numpy.ones((9, 64), "f4")
    result, peak_bytes = traced(lambda: convolve(far, [steps], weights, 9))
    assert result.tolist() == [[64, 64]] * 9
    assert peak_bytes < 1 << 16
