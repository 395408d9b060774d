"""Records: every byte belongs to one, and a bad one is no end."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.bulk import lines
from drupelet.bulk.lines import Lines, TooLongError, csv_records, is_unicode, json_records

PIECES = st.lists(
    st.sampled_from(
        [b'"', b'""', b",", b";", b"\n", b"\r\n", b"\r", b"\0", b"a", b"film", b" ", b"{", b"\xff", "é😀".encode()]
    ),
    max_size=40,
)


@given(PIECES.map(b"".join))
def test_what_one_reader_of_csv_accepts_is_read_the_same(content):
    try:
        text = content.decode()
        expected = list(csv.reader(io.StringIO(text, newline="\n"), strict=True))
    except (csv.Error, UnicodeDecodeError):
        return
    assert [record.fields for record in csv_records(io.BytesIO(content), 0, ",")] == expected


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'"a"b,c', "not CSV (',' expected after '\"')"),
        (b"a\xff,c", "not UTF-8"),
        (b"a\rb,c", "not CSV (new-line character seen in unquoted field"),
    ],
)
def test_a_bad_row_is_told_and_the_next_line_is_a_row(row, reason):
    bad, good = csv_records(io.BytesIO(row + b"\ngood,row\n"), 4, ",")
    assert (bad.fields, bad.line, bad.lines) == (None, 5, 1)
    assert bad.reason.startswith(reason)
    assert (good.fields, good.line, good.reason) == (["good", "row"], 6, "")


def test_a_quote_that_is_never_closed_ends_with_the_file():
    good, bad = csv_records(io.BytesIO(b'a,b\n"c,d\ne,f\n'), 0, ",")
    assert good.fields == ["a", "b"]
    assert (bad.fields, bad.line, bad.lines) == (None, 2, 2)
    assert bad.begins == '"c,d\ne,f'


def test_a_line_that_is_too_long_costs_one_row(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)
    content = b'1234567890\n"' + b"x" * 35 + b"\n12345678901\n1234567890\nend"
    for read in (lambda stream, line: csv_records(stream, line, ","), json_records):
        found = list(read(io.BytesIO(content), 0))
        assert [record.fields is None for record in found] == [False, True, True, False, False]
        assert [record.line for record in found] == [1, 2, 3, 4, 5]
        assert found[1].reason == "a line is longer than 10 bytes"
        assert found[1].begins == '"xxxxxxxxxx'
        assert sum(record.size_bytes for record in found) == len(content)


def test_a_row_of_lines_without_end_costs_the_lines_up_to_the_limit(monkeypatch):
    monkeypatch.setattr(lines, "MAX_RECORD_BYTES", 20)
    found = list(csv_records(io.BytesIO(b'"aaaa\n' + b'","\n' * 6 + b"b,c\n"), 0, ","))
    assert [record.fields for record in found] == [None, [","], [","], ["b", "c"]]
    assert [record.line for record in found] == [1, 6, 7, 8]
    assert found[0].reason == "a row is longer than 20 bytes: is a quote never closed?"


def test_the_limit_of_fields_is_that_of_before():
    before = csv.field_size_limit(1234)
    try:
        assert len(next(iter(csv_records(io.BytesIO(b"a" * 5000), 0, ","))).fields[0]) == 5000
        assert csv.field_size_limit() == 1234
    finally:
        csv.field_size_limit(before)


def test_blank_lines_are_no_rows():
    assert [record.fields for record in json_records(io.BytesIO(b'\n{"a": 1}\n \t\r\n'), 0)] == [[], ['{"a": 1}\n'], []]
    assert [record.fields for record in csv_records(io.BytesIO(b"\r\na\n\n"), 0, ",")] == [[], ["a"], []]


@given(st.text(alphabet=st.characters()))
def test_a_lone_surrogate_is_no_unicode(text):
    assert is_unicode(text) is not any(0xD800 <= ord(character) < 0xE000 for character in text)


def test_what_was_taken_is_not_taken_again(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 3)
    found = Lines(io.BytesIO(b"a\nb\nlong\n"), 0)
    assert [next(found), next(found)] == ["a\n", "b\n"]
    assert found.take() == (4, "a\nb\n")
    with pytest.raises(TooLongError):
        next(found)
    assert found.take() == (5, "long")
    assert found.take() == (0, "")
