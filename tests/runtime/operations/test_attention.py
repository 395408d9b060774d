"""Attention: query, keys and values."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.attention import Attention
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Attention(2, "dot", 0.5, True)
OUTPUTS = [
    (OPERATION, [steps_of(None, 4), steps_of(None, 4), steps_of(None, 6)], steps_of(None, 6)),
    (OPERATION, [steps_of(3, 4), steps_of(None, 4), steps_of(None, 6)], steps_of(3, 6)),
]
REFUSED = [
    (OPERATION, [steps_of(3, 4)], r"reads steps \(3, 4\), expected the steps of query, keys and values"),
    (
        OPERATION,
        [vector_of(4), steps_of(3, 4), steps_of(3, 4)],
        r"reads vector \(4,\), .*, expected the steps of query, .*",
    ),
    (OPERATION, [ids_of(3), steps_of(3, 4), steps_of(3, 4)], r"reads ids \(3,\), .*, expected the steps of query, .*"),
    (
        OPERATION,
        [steps_of(3, 4), steps_of(3, 6), steps_of(3, 4)],
        r"query .*: expected one width of query and keys, and as .*",
    ),
    (
        OPERATION,
        [steps_of(3, 4), steps_of(3, 4), steps_of(2, 4)],
        r"query .*: expected one width .*, and as many keys as values",
    ),
    (OPERATION, [steps_of(3, 5), steps_of(3, 5), steps_of(3, 4)], r"5 and 4 features in 2 heads, expected multiples"),
    (OPERATION, [steps_of(3, 4), steps_of(3, 4), steps_of(3, 5)], r"4 and 5 features in 2 heads, expected multiples"),
]
IMPOSSIBLE = [
    ({"heads": 0}, r"heads is 0, expected 1 to 1024"),
    ({"heads": 1025}, r"heads is 1025, expected 1 to 1024"),
    ({"score": "cosine"}, r"score is 'cosine', expected one of dot, additive"),
    ({"scale": float("inf")}, r"scale is inf, expected a finite number"),
    ({"scale": 0.1}, r"scale is 0\.1, expected a float32"),
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
    inputs = [steps_of(None, 4), steps_of(7, 4), steps_of(7, 6)]
    assert OPERATION.tensor_shapes(inputs) == {}
    assert Attention(2, "additive", 1.0, False).tensor_shapes(inputs) == {"weight": (4,)}
    assert OPERATION.work(inputs, 3) == 3 * 7 * (4 + 6 + 32 * 2)
    assert Attention(2, "additive", 1.0, False).work(inputs, 3) == 3 * 7 * (4 + 6 + 32 * (2 + 4))
