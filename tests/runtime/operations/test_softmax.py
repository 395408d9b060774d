"""Softmax over features or over steps."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.softmax import Softmax
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION, OVER_STEPS = Softmax("features", "softmax"), Softmax("steps", "log_softmax")
OUTPUTS = [
    (OPERATION, [vector_of(5)], vector_of(5)),
    (OPERATION, [steps_of(None, 5)], steps_of(None, 5)),
    (OVER_STEPS, [steps_of(None, 5)], steps_of(None, 5)),
]
REFUSED = [
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps or vector"),
    (OVER_STEPS, [vector_of(5)], r"a softmax over the steps of a vector \(5,\)"),
]
IMPOSSIBLE = [
    ({"axis": "batch"}, r"axis is 'batch', expected one of features, steps"),
    ({"function": "argmax"}, r"function is 'argmax', expected one of softmax, log_softmax"),
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
