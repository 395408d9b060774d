"""Products over one axis of each value."""

import pytest

from drupelet.engines.numpy_operations.dot import multiply_values
from drupelet.operations.dot import Dot

CASES = [
    (Dot("features", "features", False), [[1, 2], [3, 4]], {}, [11]),
    (Dot("features", "features", False), [[[1, 2], [3, 4]], [1, 10]], {}, [21, 43]),
    (Dot("steps", "steps", False), [[[1, 2], [3, 4]], [[1], [10]]], {}, [[31], [42]]),
    (Dot("steps", "features", False), [[[1], [2]], [[1, 10], [3, 4], [0, 1]]], {}, [[21, 11, 2]]),
    (Dot("features", "features", True), [[3, 4], [0, 5]], {}, [0.8]),
    (Dot("features", "features", True), [[0, 0], [0, 5]], {}, [0]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = multiply_values(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
