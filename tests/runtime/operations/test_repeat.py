"""Each step several times."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.repeat import Repeat
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Repeat(3)
OUTPUTS = [(OPERATION, [steps_of(7, 4)], steps_of(21, 4)), (OPERATION, [vector_of(4)], steps_of(3, 4))]
REFUSED = [
    (OPERATION, [steps_of(None, 4)], r"reads steps \(tokens, 4\), expected a fixed number of steps"),
    (OPERATION, [steps_of(1 << 20, 4)], r"3145728 steps, expected 1 to 1048576"),
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps or vector"),
]
IMPOSSIBLE = [({"times": 0}, r"times is 0, expected 1 to 1048576")]


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
