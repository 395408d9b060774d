"""Features normalized by their own statistics."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.normalization import Normalization
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Normalization("layer", 0.125)
OUTPUTS = [(OPERATION, [held], held) for held in (vector_of(5), steps_of(None, 5))]
REFUSED = [(OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps or vector")]
IMPOSSIBLE = [
    ({"function": "batch"}, r"function is 'batch', expected one of layer, rms, unit"),
    ({"epsilon": -0.5}, r"epsilon is -0\.5, expected a number that is not negative"),
    ({"epsilon": float("inf")}, r"epsilon is inf, expected a number that is not negative"),
    ({"epsilon": 1e-3}, r"epsilon is 0\.001, expected a float32"),
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


def test_its_tensors():
    assert OPERATION.tensor_shapes([steps_of(7, 5)]) == {"scale": (5,), "shift": (5,)}
