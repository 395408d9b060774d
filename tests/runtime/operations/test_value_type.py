"""Types of values."""

import pytest

from drupelet.errors import FormatError
from drupelet.operations.value_type import ValueType, ids_of, steps_of, vector_of


def test_what_a_type_says():
    assert [str(each) for each in (ids_of(None), ids_of(7), steps_of(None, 4), steps_of(7, 4), vector_of(4))] == [
        "ids (tokens,)", "ids (7,)", "steps (tokens, 4)", "steps (7, 4)", "vector (4,)"
    ]  # fmt: skip
    assert (steps_of(None, 4).steps_in(9), steps_of(7, 4).steps_in(9), vector_of(4).steps_in(9)) == (9, 7, 1)


@pytest.mark.parametrize(
    ("kind", "length", "width", "message"),
    [
        ("image", 1, 1, r"a value of kind 'image', expected one of ids, steps, vector"),
        ("steps", 7, 0, r"0 features, expected 1 to 4194304"),
        ("steps", 7, 4194305, r"4194305 features, expected 1 to 4194304"),
        ("steps", 0, 4, r"0 steps, expected 1 to 1048576"),
        ("steps", 1048577, 4, r"1048577 steps, expected 1 to 1048576"),
    ],
)
def test_a_type_that_cannot_be(kind, length, width, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        ValueType(kind, length, width)
