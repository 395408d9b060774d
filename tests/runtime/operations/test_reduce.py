"""One vector from all steps."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.reduce import Reduce
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Reduce("max", 8)
OUTPUTS = [
    (OPERATION, [steps_of(None, 4)], vector_of(4)),
    (Reduce("average"), [steps_of(7, 4)], vector_of(4)),
    (Reduce("max"), [steps_of(7, 4)], vector_of(4)),
]
REFUSED = [
    (OPERATION, [steps_of(7, 4)], r"zero_below for steps \(7, 4\): expected as many steps as tokens"),
    (OPERATION, [vector_of(4)], r"reads vector \(4,\), expected steps"),
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps"),
]
IMPOSSIBLE = [
    ({"function": "median"}, r"function is 'median', expected one of max, average, sum, first, last, min"),
    ({"function": "sum"}, r"sum with zero_below: only a maximum has it"),
    ({"zero_below": -1}, r"zero_below is -1, expected 0 to 4294967294"),
    ({"zero_below": 0xFFFFFFFF}, r"zero_below is 4294967295, expected 0 to 4294967294"),
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
