"""A matrix product on a vector or on every step."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.dense import Dense
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Dense(3)
OUTPUTS = [
    (OPERATION, [vector_of(5)], vector_of(3)),
    (OPERATION, [steps_of(None, 5)], steps_of(None, 3)),
    (OPERATION, [steps_of(7, 5)], steps_of(7, 3)),
]
REFUSED = [
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps or vector"),
    (OPERATION, [vector_of(5), vector_of(5)], r"2 inputs, expected one"),
]
IMPOSSIBLE = [
    ({"units": 0}, r"units is 0, expected 1 to 4194304"),
    ({"units": 4194305}, r"units is 4194305, expected 1 to 4194304"),
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


def test_tensors_and_products():
    assert OPERATION.tensor_shapes([steps_of(7, 5)]) == {"kernel": (5, 3), "bias": (3,)}
    assert (OPERATION.work([vector_of(5)], 9), OPERATION.work([steps_of(None, 5)], 9)) == (15, 135)
