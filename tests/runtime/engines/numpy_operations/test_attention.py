"""Attention: averages weighted by the softmax of scores."""

import sys

import pytest

from drupelet.engines.numpy_operations.attention import attend
from drupelet.operations.attention import Attention

NAN = float("nan")
CASES = [
    (Attention(1, "dot", 1.0, False), [[[0, 0]], [[1, 2], [3, 4]], [[2], [4]]], {}, [[3]]),
    (Attention(1, "dot", 1.0, True), [[[0], [0]], [[1], [1]], [[2], [4]]], {}, [[2], [3]]),
    (Attention(1, "dot", 1.0, False), [[[1]], [[0], [1.0986123]], [[0], [4]]], {}, [[3]]),
    (Attention(1, "dot", 0.5, False), [[[2]], [[0], [1.0986123]], [[0], [4]]], {}, [[3]]),
    (Attention(2, "dot", 1.0, False), [[[0, 1]], [[5, 0], [9, 1.0986123]], [[2, 0], [4, 4]]], {}, [[3, 3]]),
    (Attention(1, "additive", 1.0, False), [[[0]], [[0], [9]], [[0], [4]]], {"weight": [1.0986123]}, [[3]]),
    (Attention(1, "dot", 1.0, True), [[[0], [0]], [[1], [NAN]], [[2], [4]]], {}, [[2], [NAN]]),
    (Attention(1, "dot", 1.0, True), [[[0], [0]], [[1], [1]], [[2], [NAN]]], {}, [[NAN], [NAN]]),
]


@pytest.mark.parametrize(("operation", "inputs", "weights", "expected"), CASES)
def test_numbers_worked_out_by_hand(numpy, operation, inputs, weights, expected):
    arrays = [numpy.array(value, numpy.float32) for value in inputs]
    tensors = {role: numpy.array(value, numpy.float32) for role, value in weights.items()}
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found = attend(operation, arrays, tensors, len(inputs[0]))
    assert found.dtype == numpy.float32
    assert found.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_no_key(numpy):
    query, nothing = numpy.ones((2, 4), numpy.float32), numpy.zeros((0, 4), numpy.float32)
    with numpy.errstate(invalid="ignore"):
        assert (attend(Attention(2, "dot", 1.0, False), [query, nothing, nothing], {}, 0) == numpy.zeros((2, 4))).all()


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("score", ["dot", "additive"])
def test_blocks_of_queries_change_nothing(numpy, monkeypatch, score, causal):
    generator = numpy.random.default_rng(3)
    query, keys, values = (generator.normal(size=(9, 4)).astype(numpy.float32) for _ in range(3))
    weights = {"weight": numpy.ones(4, numpy.float32)}
    operation = Attention(2, score, 0.5, causal)
    whole = attend(operation, [query, keys, values], weights, 9)
    monkeypatch.setattr(sys.modules[attend.__module__], "MAX_SCORES", 20)
    numpy.testing.assert_allclose(attend(operation, [query, keys, values], weights, 9), whole, rtol=1e-6, atol=1e-7)
