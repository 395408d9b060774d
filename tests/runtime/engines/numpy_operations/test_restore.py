"""Padding put back, at each side, with each fill."""

import pytest

from drupelet.engines.numpy_operations.restore import restore_padding
from drupelet.operations.restore import Restore

CASES = [
    (Restore("pre", 4, "zeros"), [[[1], [2]]], {}, [[0], [0], [1], [2]]),
    (Restore("post", 4, "zeros"), [[[1], [2]]], {}, [[1], [2], [0], [0]]),
    (Restore("pre", 4, "next"), [[[1], [2]]], {}, [[1], [1], [1], [2]]),
    (Restore("post", 4, "previous"), [[[1], [2]]], {}, [[1], [2], [2], [2]]),
    (Restore("pre", 3, "previous"), [[[1], [2]]], {}, [[0], [1], [2]]),
    (Restore("post", 3, "next"), [[[1], [2]]], {}, [[1], [2], [0]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = restore_padding(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_ids_stay_whole_numbers(numpy):
    found = restore_padding(Restore("pre", 3, "zeros"), [numpy.array([5], numpy.int32)], {}, 1)
    assert (found.dtype, found.tolist()) == (numpy.int32, [0, 0, 5])


@pytest.mark.parametrize("fill", ["zeros", "previous", "next"])
def test_a_text_without_a_token_is_all_zeros(numpy, fill):
    found = restore_padding(Restore("post", 3, fill), [numpy.zeros((0, 2), numpy.float32)], {}, 0)
    assert (found == numpy.zeros((3, 2))).all()
