"""Leaky ReLUs whose slopes were trained."""

import pytest

from drupelet.errors import FormatError
from drupelet.operations.prelu import PRelu
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION, PER_STEP = PRelu(False), PRelu(True)
OUTPUTS = [
    (OPERATION, [vector_of(5)], vector_of(5)),
    (OPERATION, [steps_of(None, 5)], steps_of(None, 5)),
    (PER_STEP, [steps_of(7, 5)], steps_of(7, 5)),
]
REFUSED = [
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps or vector"),
    (PER_STEP, [vector_of(5)], r"reads vector \(5,\), expected steps"),
    (PER_STEP, [steps_of(None, 5)], r"reads steps \(tokens, 5\), expected a fixed number of steps"),
]


@pytest.mark.parametrize(("operation", "inputs", "output"), OUTPUTS)
def test_the_type_of_the_result(operation, inputs, output):
    assert operation.output(inputs) == output


@pytest.mark.parametrize(("operation", "inputs", "message"), REFUSED)
def test_inputs_that_it_does_not_take(operation, inputs, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        operation.output(inputs)


def test_slopes():
    assert OPERATION.tensor_shapes([steps_of(7, 5)]) == {"slope": (5,)}
    assert PER_STEP.tensor_shapes([steps_of(7, 5)]) == {"slope": (7, 5)}
