"""A part of the steps, and steps of zeros."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.value_type import ids_of, steps_of, vector_of
from drupelet.operations.window import Window

OPERATION = Window(1, 2, 0, 3)
OUTPUTS = [(OPERATION, [steps_of(7, 4)], steps_of(7, 4)), (Window(0, 6, 0, 0), [steps_of(7, 4)], steps_of(1, 4))]
REFUSED = [
    (OPERATION, [steps_of(3, 4)], r"leaves 0 of steps \(3, 4\), expected at least one step"),
    (Window(0, 0, 1 << 21, 0), [steps_of(3, 4)], r"2097152 steps of zeros, expected at most 1048576"),
    (OPERATION, [steps_of(None, 4)], r"reads steps \(tokens, 4\), expected a fixed number of steps"),
    (OPERATION, [vector_of(4)], r"reads vector \(4,\), expected steps"),
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps"),
]
IMPOSSIBLE = [({"drop_first": -1}, r"drop_first is -1, expected 0 to 4294967294")]


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
