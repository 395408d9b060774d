"""Recurrent layers: what they return and where they begin; test_numpy_engine.py has cells, directions and activations."""

import sys

import pytest

from drupelet.engines.numpy_operations.recurrent import run_layer
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.value_type import steps_of

STEPS = [[1.0], [2.0], [3.0]]
SUM = {"kernel": [[1.0]], "recurrent_kernel": [[10.0]], "bias": [0.5]}


def rnn(direction, returns):
    """A simple recurrent layer without a bend: h = x + 10 h + 0.5."""
    merge = "concat" if direction == "bidirectional" else "none"
    return Recurrent("rnn", direction, merge, 1, "linear", "linear", False, returns)


@pytest.mark.parametrize(
    ("direction", "returns", "expected"),
    [
        ("forward", "steps", [[1.5], [17.5], [178.5]]),
        ("backward", "steps", [[376.5], [37.5], [3.5]]),
        ("forward", "last", [178.5]),
        ("backward", "last", [376.5]),
        ("bidirectional", "steps", [[1.5, 376.5], [17.5, 37.5], [178.5, 3.5]]),
        ("bidirectional", "last", [178.5, 376.5]),
    ],
)
def test_a_simple_recurrence(numpy, direction, returns, expected):
    weights = {
        f"{way}.{role}": numpy.array(held, "f4") for way in ("forward", "backward") for role, held in SUM.items()
    }
    assert run_layer(rnn(direction, returns), [numpy.array(STEPS, "f4")], weights, 3).tolist() == expected


@pytest.mark.parametrize(("direction", "expected"), [("forward", 41.5), ("backward", 41.5)])
def test_an_initial_state(numpy, direction, expected):
    weights = {f"{direction}.{role}": numpy.array(held, "f4") for role, held in SUM.items()}
    inputs = [numpy.array([[1.0]], "f4"), numpy.array([4.0], "f4")]
    assert run_layer(rnn(direction, "last"), inputs, weights, 1).tolist() == [expected]
    inputs[0] = numpy.zeros((0, 1), "f4")
    assert run_layer(rnn(direction, "last"), inputs, weights, 0).tolist() == [4.0]
    assert run_layer(rnn(direction, "steps"), inputs, weights, 0).shape == (0, 1)


@pytest.mark.parametrize("direction", ["forward", "backward", "bidirectional"])
def test_blocks_of_steps_change_nothing(numpy, monkeypatch, direction):
    generator = numpy.random.default_rng(4)
    layer = Recurrent(
        "gru", direction, "sum" if direction == "bidirectional" else "none", 3, "tanh", "sigmoid", True, "steps"
    )
    steps = generator.normal(size=(11, 2)).astype("f4")
    shapes = layer.tensor_shapes([steps_of(None, 2)])
    weights = {role: generator.normal(size=shape).astype("f4") for role, shape in shapes.items()}
    whole = run_layer(layer, [steps], weights, 11)
    monkeypatch.setattr(sys.modules[run_layer.__module__], "BLOCK_STEPS", 4)
    numpy.testing.assert_allclose(run_layer(layer, [steps], weights, 11), whole, rtol=1e-5, atol=1e-6)


def test_the_cell_of_an_lstm(numpy):
    layer = Recurrent("lstm", "forward", "none", 1, "linear", "linear", False, "cell")
    zeros = numpy.zeros((1, 4), "f4")
    weights = {
        "forward.kernel": zeros,
        "forward.recurrent_kernel": zeros,
        "forward.bias": numpy.array([2, 3, 5, 7], "f4"),
    }
    inputs = [numpy.zeros((1, 1), "f4"), numpy.array([0], "f4"), numpy.array([11], "f4")]
    assert run_layer(layer, inputs, weights, 1).tolist() == [3 * 11 + 2 * 5]
