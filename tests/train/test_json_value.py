import pytest

from drupelet.errors import FormatError
from drupelet_train.json_value import JsonValue

DOCUMENT = JsonValue({"name": "a", "sizes": [1, 2.5, True], "inner": {"flag": False}}, "a.json")


def test_values_are_read_by_their_types():
    fields = DOCUMENT.fields(("name", "sizes"), ("inner", "absent"))
    assert fields["name"].text() == "a"
    first, second, _ = fields["sizes"].items()
    assert (first.whole(), first.number(), second.number()) == (1, 1, 2.5)
    assert type(first.number()) is int
    assert fields["inner"].fields(("flag",))["flag"].flag() is False
    fields["name"].equals("a")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (
            lambda: DOCUMENT.fields(("name",)),
            r"^a\.json: has unknown fields \['inner', 'sizes'\], lacks the fields \[\]; put",
        ),
        (
            lambda: DOCUMENT.entries()["inner"].fields(("x",), ("flag",)),
            r"^a\.json: inner has .*lacks the fields \['x'\]; ",
        ),
        (lambda: DOCUMENT.items(), r"^a\.json: is \{'name': .*\.\.\., expected a list; put back a whole copy"),
        (lambda: DOCUMENT.entries()["sizes"].entries(), r"^a\.json: sizes is \[1, 2\.5, True\], expected an object; "),
        (
            lambda: DOCUMENT.entries()["sizes"].items()[1].whole(),
            r"^a\.json: sizes\[1\] is 2\.5, expected a whole number; ",
        ),
        (
            lambda: DOCUMENT.entries()["sizes"].items()[2].whole(),
            r"^a\.json: sizes\[2\] is True, expected a whole number; ",
        ),
        (lambda: DOCUMENT.entries()["sizes"].items()[2].number(), r"^a\.json: sizes\[2\] is True, expected a number; "),
        (lambda: DOCUMENT.entries()["sizes"].items()[2].equals(1), r"^a\.json: sizes\[2\] is True, expected 1; "),
        (
            lambda: DOCUMENT.entries()["inner"].entries()["flag"].text(),
            r"^a\.json: inner\.flag is False, expected a string; ",
        ),
        (lambda: DOCUMENT.entries()["name"].flag(), r"^a\.json: name is 'a', expected true or false; "),
    ],
)
def test_another_type_is_an_error_that_names_file_and_field(read, message):
    with pytest.raises(FormatError, match=message):
        read()
