"""Recurrent layers: what they return and where they begin; test_numpy_engine.py has cells, directions and activations."""

import sys

import pytest

from drupelet.engines.numpy_operations.recurrent import BLOCK_STEPS, run_layer
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.value_type import steps_of
from runtime.traced_memory import traced

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


@pytest.mark.parametrize(
    ("direction", "merge", "returns"),
    [
        ("forward", "none", "last"),
        ("bidirectional", "concat", "last"),
        ("backward", "none", "steps"),
        ("bidirectional", "concat", "steps"),
        ("bidirectional", "ave", "steps"),
    ],
)
def test_a_long_text_takes_the_memory_of_its_result_and_of_one_block(numpy, direction, merge, returns):
    units, length = 64, 12 * BLOCK_STEPS
    layer = Recurrent("rnn", direction, merge, units, "tanh", "linear", False, returns)
    shapes = layer.tensor_shapes([steps_of(None, 1)])
    weights = {role: numpy.zeros(shape, "f4") for role, shape in shapes.items()}
    steps = numpy.zeros((length, 1), "f4")
    result_bytes, peak_bytes = traced(lambda: run_layer(layer, [steps], weights, length).nbytes)
    assert result_bytes == 4 * layer.output_width * (length if returns == "steps" else 1)
    block_bytes = 4 * BLOCK_STEPS * units
    assert (
        peak_bytes < result_bytes + 6 * block_bytes
    )  # inputs multiplied and with a bias, and states: of a block and of the last


def test_the_steps_of_a_wide_layer_are_multiplied_in_few_bytes(numpy, monkeypatch):
    monkeypatch.setattr(sys.modules[run_layer.__module__], "BLOCK_BYTES", 1 << 16)
    layer = Recurrent("lstm", "forward", "none", 64, "tanh", "sigmoid", False, "last")
    shapes = layer.tensor_shapes([steps_of(None, 1)])
    weights = {role: numpy.zeros(shape, "f4") for role, shape in shapes.items()}
    steps = numpy.zeros((BLOCK_STEPS, 1), "f4")
    _, peak_bytes = traced(lambda: run_layer(layer, [steps], weights, BLOCK_STEPS))
    assert peak_bytes < 4 * (1 << 16)
