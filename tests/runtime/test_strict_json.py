import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.strict_json import field, only_fields, parse_object, parse_strings, parse_value


def test_an_object_reads():
    assert parse_object('{"a": [1, 2.5, null, "\u00e9"]}'.encode(), "here") == {"a": [1, 2.5, None, "\u00e9"]}


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), any_json), st.booleans(), st.text(" \t\r\n"), st.text(" \t\r\n"))
def test_any_object_reads_back(value, ascii_only, before, behind):
    text = before + json.dumps(value, ensure_ascii=ascii_only) + behind
    assert parse_object(text.encode(), "here") == value


@pytest.mark.parametrize("space", ["\u00a0", "\v", "\f", "\u2003", "\0"], ids=ascii)
def test_white_space_that_is_none_in_json(space):
    for text in (space + "{}", "{}" + space, "{" + space + "}"):
        with pytest.raises(FormatError, match=r"^here: not JSON \(.+\); copy or export it again$"):
            parse_object(text.encode(), "here")


def test_without_the_scanner_in_c_json_reads(monkeypatch):
    monkeypatch.setitem(sys.modules, "_json", None)
    assert parse_object(b' {"a": [1, 2.5, null]} ', "here") == {"a": [1, 2.5, None]}
    with pytest.raises(FormatError, match="names a key twice"):
        parse_object(b'{"a": 1, "a": 2}', "here")


def test_a_refusal_is_in_the_words_of_json_where_json_was_not_imported_before():
    # In Python 3.10 and 3.11 the scanner in C then has no error to raise.
    code = (
        "import sys; from drupelet.strict_json import parse_object\n"
        "parse_object(b'{\"a\": 1}', 'here'); assert 'json' not in sys.modules\n"
        "try: parse_object(b'{\"a\": }', 'here')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "FormatError here: not JSON (Expecting value: line 1 column 7 (char 6)); copy or export it again\n"


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
        (b'{"a": ' + b"[" * 100_000, r"nests too deep"),
        (b'{"a":' * 100_000, r"nests too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", r"limit \(4300"),
    ],
    ids=range(14),
)
def test_what_is_not_json(text, message):
    with pytest.raises(FormatError, match=rf"^here: not JSON \(.*{message}.*\); copy or export it again"):
        parse_object(text, "here")


@pytest.mark.parametrize(("text", "value"), [(b" [1, null] ", [1, None]), (b'"a"', "a"), (b"true", True), (b"{}", {})])
def test_a_value_of_any_type(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "message"), [(b"", "Expecting value"), (b"[" * 100_000, "^it nests too deep$"), (b"\xff", "can't decode")]
)
def test_no_value(text, message):
    with pytest.raises(ValueError, match=message):
        parse_value(text)


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


def test_a_list_of_strings_is_read():
    assert parse_strings(b' ["a", "\\n", "\xc3\xa9", ""]\n', "f") == ("a", "\n", "\u00e9", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{}", "f: a JSON dict, expected a list of strings"),
        (b'["a", null]', "f: item 1 is None, expected a string"),
        (b'[["a"]]', r"f: item 0 is \['a'\], expected a string"),
        (b'["a"', "f: not JSON"),
        (b'["\xff"]', "f: not JSON"),
        (b"[" * 100_000, "f: not JSON"),
    ],
)
def test_anything_else_is_no_list_of_strings(text, message):
    with pytest.raises(FormatError, match=message):
        parse_strings(text, "f")
