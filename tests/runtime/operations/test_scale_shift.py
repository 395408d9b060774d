"""A factor and an offset for each feature."""

import pytest

from drupelet.errors import FormatError
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = ScaleShift()
OUTPUTS = [(OPERATION, [held], held) for held in (vector_of(5), steps_of(None, 5))]
REFUSED = [
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps or vector"),
    (OPERATION, [], r"0 inputs, expected one"),
]


@pytest.mark.parametrize(("operation", "inputs", "output"), OUTPUTS)
def test_the_type_of_the_result(operation, inputs, output):
    assert operation.output(inputs) == output


@pytest.mark.parametrize(("operation", "inputs", "message"), REFUSED)
def test_inputs_that_it_does_not_take(operation, inputs, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        operation.output(inputs)


def test_its_tensors():
    assert OPERATION.tensor_shapes([steps_of(7, 5)]) == {"scale": (5,), "shift": (5,)}
    assert OPERATION.storage == {"scale": "floats", "shift": "floats"}
