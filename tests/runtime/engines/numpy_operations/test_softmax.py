"""Softmax over features and over steps."""

import pytest

from drupelet.engines.numpy_operations.softmax import softmax
from drupelet.operations.softmax import Softmax

CASES = [
    (Softmax("features", "softmax"), [[100, 100, 100, 100]], {}, [0.25] * 4),
    (Softmax("steps", "softmax"), [[[1, 5], [1, 5]]], {}, [[0.5, 0.5], [0.5, 0.5]]),
    (Softmax("features", "log_softmax"), [[[1, 1]]], {}, [[-0.6931472, -0.6931472]]),
    (Softmax("features", "softmax"), [[0, 1000]], {}, [0, 1]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = softmax(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
