"""Functions of each number, with their parameters."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.activation import Activation
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Activation("threshold", 0.5, 1.0)
OUTPUTS = [(OPERATION, [held], held) for held in (vector_of(5), steps_of(None, 5), steps_of(7, 5))]
REFUSED = [(OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps or vector")]
IMPOSSIBLE = [
    ({"function": "swish"}, r"function is 'swish', expected one of linear, relu, .*"),
    ({"function": "relu"}, r"relu with alpha 0\.5: it has no such parameter"),
    ({"gamma": 2.0}, r"threshold with gamma 2\.0: it has no such parameter"),
    ({"function": "elu"}, r"elu with beta 1\.0: it has no such parameter"),
    ({"alpha": 0.1}, r"alpha is 0\.1, expected a float32"),
    ({"alpha": float("nan")}, r"alpha is nan, expected a float32"),
    ({"beta": float("inf")}, r"threshold with beta inf, expected a finite number"),
    ({"alpha": float("-inf")}, r"threshold with alpha -inf, expected a finite number"),
    ({"function": "bounded_relu", "beta": float("-inf")}, r"bounded_relu with beta -inf, expected a finite number"),
    ({"function": "celu", "alpha": 0.0, "beta": 0.0}, r"celu with alpha 0, which it divides by"),
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


def test_a_relu_without_a_bound():
    assert (
        Activation("bounded_relu", 0.5, float("inf"), -1.0).summary() == "bounded_relu(alpha 0.5, beta inf, gamma -1)"
    )
    assert Activation("relu").summary() == "relu"
