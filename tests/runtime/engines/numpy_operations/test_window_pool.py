"""Maximum and average over windows; missing steps do not count."""

import pytest

from drupelet.engines.numpy_operations.window_pool import pool_windows
from drupelet.operations.window_pool import WindowPool
from runtime.traced_memory import traced

CASES = [
    (WindowPool("max", 2, 2, 0, 0), [[[1], [3], [2], [-1]]], {}, [[3], [2]]),
    (WindowPool("max", 2, 2, 1, 1), [[[-1], [3], [2], [-4]]], {}, [[-1], [3], [-4]]),
    (WindowPool("average", 2, 1, 1, 0), [[[1], [3], [2]]], {}, [[1], [2], [2.5]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = pool_windows(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("function", ["max", "average"])
def test_many_windows_take_little_more_than_their_result(numpy, function):
    steps = numpy.zeros((20_000, 4), "f4")
    result, peak_bytes = traced(lambda: pool_windows(WindowPool(function, 2, 1, 0, 0), [steps], {}, len(steps)))
    assert peak_bytes < 1.5 * result.nbytes
