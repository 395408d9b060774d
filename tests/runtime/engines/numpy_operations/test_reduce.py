"""One vector from all steps, and from none."""

import pytest

from drupelet.engines.numpy_operations.reduce import reduce_steps
from drupelet.operations.reduce import Reduce

CASES = [
    *(
        (Reduce(name), [[[1, -2], [3, -4]]], {}, expected)
        for name, expected in (
            ("max", [3, -2]),
            ("average", [2, -3]),
            ("sum", [4, -6]),
            ("first", [1, -2]),
            ("last", [3, -4]),
            ("min", [1, -4]),
        )
    ),
    (Reduce("max", 2), [[[-1, -2], [-3, -4]]], {}, [-1, -2]),
    (Reduce("max", 3), [[[-1, -2], [-3, -4]]], {}, [0, 0]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = reduce_steps(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("function", ["max", "average", "sum", "first", "last", "min"])
def test_no_step(numpy, function):
    with numpy.errstate(invalid="ignore"):
        found = reduce_steps(Reduce(function), [numpy.zeros((0, 2), numpy.float32)], {}, 0)
    assert found.shape == (2,)
    assert numpy.isnan(found).all() if function == "average" else (found == 0).all()
