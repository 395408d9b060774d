import pytest

from drupelet.errors import FormatError
from drupelet.strict_json import field, only_fields, parse_object


def test_an_object_reads():
    assert parse_object('{"a": [1, 2.5, null, "\u00e9"]}'.encode(), "here") == {"a": [1, 2.5, None, "\u00e9"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", r"Expecting value"),
        (b"{", r"Expecting property name"),
        (b'{"a": 1} x', r"Extra data"),
        (b'{"a": NaN}', r"NaN is not JSON"),
        (b'{"a": Infinity}', r"Infinity is not JSON"),
        (b'{"a": [-Infinity]}', r"-Infinity is not JSON"),
        (b'{"a": 1, "a": 2}', r"an object names a key twice"),
        (b'{"a": {"b": 1, "b": 1}}', r"an object names a key twice"),
        (b'{"a": "\xff"}', r"can't decode byte 0xff"),
        (b"\xef\xbb\xbf{}", r"BOM"),
        (b"\xff\xfe{\0}\0", r"can't decode"),
        (b'{"a": ' + b"[" * 100_000, r"recursion"),
        (b'{"a":' * 100_000, r"recursion"),
        (b'{"a": ' + b"9" * 5000 + b"}", r"4300 digits"),
    ],
    ids=range(14),
)
def test_what_is_not_json(text, message):
    with pytest.raises(FormatError, match=rf"^here: not JSON \(.*{message}.*\); copy or export it again"):
        parse_object(text, "here")


@pytest.mark.parametrize(("text", "kind"), [(b"[]", "list"), (b"null", "NoneType"), (b"1", "int"), (b'"a"', "str")])
def test_what_is_no_object(text, kind):
    with pytest.raises(FormatError, match=rf"^here: a JSON {kind}, expected an object"):
        parse_object(text, "here")


@pytest.mark.parametrize(("value", "kind"), [(1, int), ("a", str), ([], list), ({}, dict), (True, bool)])
def test_a_field_of_the_right_type(value, kind):
    assert field({"a": value}, "a", kind, "here") is value


@pytest.mark.parametrize(
    ("value", "kind"), [(1.0, int), (True, int), (False, int), (1, bool), (None, str), ("1", int), ([], dict)]
)
def test_a_field_of_another_type(value, kind):
    with pytest.raises(FormatError, match=rf"^here: field 'a' is .*, expected {kind.__name__}"):
        field({"a": value}, "a", kind, "here")


def test_a_long_value_is_shortened_in_the_message():
    with pytest.raises(FormatError) as raised:
        field({"a": "x" * 10_000}, "a", int, "here")
    assert len(str(raised.value)) < 200


def test_a_missing_field():
    with pytest.raises(FormatError, match=r"^here: field 'a' is missing; export it again"):
        field({}, "a", int, "here")


def test_unknown_fields():
    only_fields({"a": 1}, ("a", "b"), "here")
    with pytest.raises(FormatError, match=r"^here: unknown fields \['c', 'd'\]; upgrade drupelet or export again"):
        only_fields({"d": 1, "a": 1, "c": 1}, ("a", "b"), "here")
