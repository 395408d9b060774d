"""Flatten and Reshape."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.reshape import Reshape
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION, FLATTEN = Reshape(2, 6), Reshape(None, 12)
OUTPUTS = [
    (OPERATION, [steps_of(3, 4)], steps_of(2, 6)),
    (OPERATION, [vector_of(12)], steps_of(2, 6)),
    (FLATTEN, [steps_of(3, 4)], vector_of(12)),
]
REFUSED = [
    (FLATTEN, [steps_of(None, 4)], r"reads steps \(tokens, 4\), expected a fixed number of steps"),
    (OPERATION, [steps_of(3, 5)], r"reads steps \(3, 5\), gives 12 numbers; expected as many"),
    (FLATTEN, [vector_of(11)], r"reads vector \(11,\), gives 12 numbers; expected as many"),
    (OPERATION, [ids_of(12)], r"reads ids \(12,\), expected steps or vector"),
]
IMPOSSIBLE = [
    ({"width": 0}, r"width is 0, expected 1 to 4194304"),
    ({"length": 0}, r"length is 0, expected 1 to 1048576"),
    ({"length": 1 << 21}, r"length is 2097152, expected 1 to 1048576"),
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
