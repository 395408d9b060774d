"""Recurrent layers: cells, directions, merges, what they return, initial states."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Recurrent("lstm", "forward", "none", 3, "tanh", "sigmoid", False, "steps")
BOTH = Recurrent("gru", "bidirectional", "concat", 3, "tanh", "sigmoid", True, "last")
RNN = Recurrent("rnn", "backward", "none", 3, "relu", "linear", False, "last")
STEPS, STATE = steps_of(None, 4), vector_of(3)
OUTPUTS = [
    (OPERATION, [STEPS], steps_of(None, 3)),
    (OPERATION, [steps_of(6, 4), STATE, STATE], steps_of(6, 3)),
    (Recurrent("lstm", "forward", "none", 3, "tanh", "sigmoid", False, "cell"), [STEPS], vector_of(3)),
    (BOTH, [STEPS], vector_of(6)),
    (Recurrent("gru", "bidirectional", "ave", 3, "tanh", "sigmoid", True, "steps"), [STEPS], steps_of(None, 3)),
    (RNN, [STEPS, STATE], vector_of(3)),
]
REFUSED = [
    (OPERATION, [], r"0 inputs, expected steps, and in one direction perhaps 2 initial states"),
    (OPERATION, [STEPS, STATE], r"2 inputs, expected steps, and in one direction perhaps 2 initial states"),
    (RNN, [STEPS, STATE, STATE], r"3 inputs, expected steps, and in one direction perhaps 1 initial states"),
    (BOTH, [STEPS, STATE], r"2 inputs, expected steps, and in one direction perhaps 1 initial states"),
    (OPERATION, [STATE], r"reads vector \(3,\), expected steps"),
    (OPERATION, [ids_of(None)], r"reads ids \(tokens,\), expected steps"),
    (RNN, [STEPS, vector_of(4)], r"an initial state vector \(4,\), expected vector \(3,\)"),
    (RNN, [STEPS, steps_of(1, 3)], r"an initial state steps \(1, 3\), expected vector \(3,\)"),
]
IMPOSSIBLE = [
    ({"cell": "qrnn"}, r"cell is 'qrnn', expected one of lstm, gru, rnn"),
    ({"direction": "up"}, r"direction is 'up', expected one of forward, backward, bidirectional"),
    ({"returns": "all"}, r"returns is 'all', expected one of steps, last, cell"),
    ({"activation": "leaky_relu"}, r"activation is 'leaky_relu', expected one of linear, relu, tanh, .*, elu"),
    ({"units": 0}, r"units is 0, expected 1 to 65536"),
    ({"units": 65537}, r"units is 65537, expected 1 to 65536"),
    ({"merge": "sum"}, r"a forward layer with merge 'sum': only bidirectional layers merge"),
    ({"direction": "bidirectional"}, r"a bidirectional layer with merge 'none': only bidirectional layers merge"),
    ({"reset_after": True}, r"lstm with reset_after: only a GRU has it"),
    ({"cell": "rnn"}, r"rnn with recurrent_activation 'sigmoid', expected linear"),
    ({"cell": "gru", "returns": "cell"}, r"gru returns its cell: only an LSTM has one"),
]


@pytest.mark.parametrize(("operation", "inputs", "output"), OUTPUTS)
def test_the_type_of_the_result(operation, inputs, output):
    assert operation.output(inputs) == output


@pytest.mark.parametrize(("operation", "inputs", "message"), REFUSED)
def test_inputs_that_it_does_not_take(operation, inputs, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        operation.output(inputs)


@pytest.mark.parametrize(("attributes", "message"), IMPOSSIBLE)
def test_attributes_that_cannot_be(attributes, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        replace(OPERATION, **attributes)


def test_tensors_of_each_direction():
    assert OPERATION.tensor_shapes([STEPS]) == {
        "forward.kernel": (4, 12), "forward.recurrent_kernel": (3, 12), "forward.bias": (12,)
    }  # fmt: skip
    assert BOTH.tensor_shapes([STEPS]) == {
        f"{way}.{role}": shape
        for way in ("forward", "backward")
        for role, shape in (("kernel", (4, 9)), ("recurrent_kernel", (3, 9)), ("bias", (2, 9)))
    }
    assert RNN.tensor_shapes([STEPS])["backward.bias"] == (3,)


def test_products_and_summaries():
    assert (OPERATION.work([STEPS], 10), BOTH.work([STEPS], 10)) == (10 * 7 * 12, 2 * 10 * 7 * 9)
    assert [each.summary() for each in (OPERATION, BOTH, RNN)] == [
        "LSTM(3)", "GRU(3, bidirectional concat)", "SimpleRNN(3, backward)"
    ]  # fmt: skip
