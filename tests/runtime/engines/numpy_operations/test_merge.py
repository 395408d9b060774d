"""Values joined; a vector meets every step, a width of 1 every feature."""

import pytest

from drupelet.engines.numpy_operations.merge import merge
from drupelet.operations.merge import Merge

CASES = [
    (Merge("concat"), [[[1], [2]], [[3, 4], [5, 6]]], {}, [[1, 3, 4], [2, 5, 6]]),
    (Merge("concat_steps"), [[[1], [2]], [[3]]], {}, [[1], [2], [3]]),
    (Merge("add"), [[1, 2], [3, 4], [5, 6]], {}, [9, 12]),
    (Merge("subtract"), [[[1, 2], [3, 4]], [1, 5]], {}, [[0, -3], [2, -1]]),
    (Merge("multiply"), [[[1, 2], [3, 4]], [[2], [3]]], {}, [[2, 4], [9, 12]]),
    (Merge("average"), [[1, 2], [3, 4], [5, 9]], {}, [3, 5]),
    (Merge("maximum"), [[1, 4], [3, 2]], {}, [3, 4]),
    (Merge("minimum"), [[1, 4], [3, 2]], {}, [1, 2]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = merge(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
