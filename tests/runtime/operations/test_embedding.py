"""The embedding: ids become steps."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.embedding import Embedding
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Embedding(9, 5)
OUTPUTS = [(OPERATION, [ids_of(None)], steps_of(None, 5)), (OPERATION, [ids_of(7)], steps_of(7, 5))]
REFUSED = [
    (OPERATION, [], r"0 inputs, expected one"),
    (OPERATION, [ids_of(7), ids_of(7)], r"2 inputs, expected one"),
    (OPERATION, [steps_of(7, 5)], r"reads steps \(7, 5\), expected ids"),
    (OPERATION, [vector_of(5)], r"reads vector \(5,\), expected ids"),
]
IMPOSSIBLE = [
    ({"rows": 0}, r"rows is 0, expected 1 to 2147483647"),
    ({"rows": 1 << 31}, r"rows is 2147483648, expected 1 to 2147483647"),
    ({"dim": 0}, r"dim is 0, expected 1 to 65536"),
    ({"dim": 65537}, r"dim is 65537, expected 1 to 65536"),
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


def test_its_table():
    assert OPERATION.tensor_shapes([ids_of(None)]) == {"table": (9, 5)}
    assert OPERATION.storage == {"table": "rows"}
    assert (OPERATION.work([ids_of(None)], 8), OPERATION.summary()) == (0, "Embedding(9 x 5)")
