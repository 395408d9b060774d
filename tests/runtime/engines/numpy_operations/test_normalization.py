"""Normalizations by the features of a step."""

import pytest

from drupelet.engines.numpy_operations.normalization import normalize
from drupelet.operations.normalization import Normalization

CASES = [
    (Normalization("layer", 0.0), [[[1, 3], [10, 30]]], {"scale": [1, 2], "shift": [0, 1]}, [[-1, 3], [-1, 3]]),
    (Normalization("layer", 3.0), [[1, 3]], {"scale": [1, 1], "shift": [0, 0]}, [-0.5, 0.5]),
    (Normalization("rms", 0.5), [[1, -2]], {"scale": [1, 1], "shift": [0, 0]}, [3**-0.5, -2 * 3**-0.5]),
    (Normalization("unit", 0.25), [[[3, 4], [0.3, 0.4]]], {"scale": [1, 1], "shift": [0, 0]}, [[0.6, 0.8], [0.6, 0.8]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = normalize(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
