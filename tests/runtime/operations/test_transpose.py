"""Steps become features."""

import pytest

from drupelet.errors import FormatError
from drupelet.operations.transpose import Transpose
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Transpose()
OUTPUTS = [(OPERATION, [steps_of(7, 4)], steps_of(4, 7))]
REFUSED = [
    (OPERATION, [steps_of(None, 4)], r"reads steps \(tokens, 4\), expected a fixed number of steps"),
    (OPERATION, [steps_of(7, 1 << 21)], r"2097152 steps, expected 1 to 1048576"),
    (OPERATION, [vector_of(4)], r"reads vector \(4,\), expected steps"),
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps"),
]


@pytest.mark.parametrize(("operation", "inputs", "output"), OUTPUTS)
def test_the_type_of_the_result(operation, inputs, output):
    assert operation.output(inputs) == output


@pytest.mark.parametrize(("operation", "inputs", "message"), REFUSED)
def test_inputs_that_it_does_not_take(operation, inputs, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        operation.output(inputs)
