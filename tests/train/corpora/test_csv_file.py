import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError, InputError
from drupelet.text_source import MAX_LINE_BYTES
from drupelet_train.corpora.csv_file import MAX_FIELD_CHARACTERS, read_csv


def write(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_columns_are_found_by_name(tmp_path):
    read = read_csv(write(tmp_path, 'id,label,text\n1, good ,"a, b"\n2,bad,"two\nlines"\n'))
    assert read.texts == ("a, b", "two\nlines")
    assert read.label_names == ("good", "bad")
    assert read.held_out is None


def test_a_byte_order_mark_and_blank_lines_are_allowed(tmp_path):
    read = read_csv(write(tmp_path, "\ufefftext,label\n\na,x\n\nb,y\n"))
    assert read.texts == ("a", "b")


def test_a_line_ends_at_a_line_feed_alone(tmp_path):
    content = 'text,label\r\na\u0085b\u2028c\x0bd\x1ce,x\r\n"f\rg\r\nh",y\r\n'
    assert read_csv(write(tmp_path, content)).texts == ("a\u0085b\u2028c\x0bd\x1ce", "f\rg\r\nh")


def test_a_text_longer_than_the_csv_module_allows_is_read(tmp_path):
    limit = csv.field_size_limit()
    assert len(read_csv(write(tmp_path, f"text,label\n{'a' * (limit + 1)},x\nb,y\n")).texts[0]) == limit + 1
    assert csv.field_size_limit() == limit


@given(rows=st.lists(st.tuples(st.text(), st.sampled_from(["x", "y"])), min_size=2, max_size=8))
def test_what_the_csv_module_wrote_is_read_back(tmp_path_factory, rows):
    rows = [*rows, ("a", "x"), ("b", "y")]
    path = tmp_path_factory.getbasetemp() / "round_trip.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    assert read_csv(path).texts == tuple(text.encode(errors="replace").decode() for text, _ in rows)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", InputError, r"a\.csv: is empty; expected a CSV file whose header names text, label"),
        ("text,label\n", InputError, r"a\.csv: has no rows; expected a header text,label"),
        (
            "texts,label\na,b\n",
            InputError,
            r"has no column 'text'; its header has texts, label: rename 'texts' to 'text'",
        ),
        ("text,kind\na,b\n", InputError, r"has no column 'label'; its header has text, kind: name one of them 'label'"),
        ("text,label\na,x\nb, \n", InputError, r"a\.csv: data row 2 has an empty label"),
        ("text,label\na,x\nb\n", FormatError, r"a\.csv: line 3 has 1 fields, expected 2 as its header; put quotes"),
        ('text,label\na,x\n"b,y\n', FormatError, r"a\.csv: not a CSV file: line 3: unexpected end of data"),
        (b"text,label\na\xff,x\n", InputError, r"a\.csv: line 2: byte 1 \(0xff\) is not UTF-8; convert the text"),
        ("text,label\na,x\n".encode("utf-16"), InputError, r"a\.csv: starts with the byte order mark of UTF-16"),
        (
            "text,label\ra,x\rb,y\r",
            FormatError,
            r"a\.csv: not a CSV file: line 1: a carriage return outside quotes, with no line feed behind it; save",
        ),
        ("text,label\na,x\nb,x\n", InputError, r"every text is labelled 'x'"),
        (
            f"text,label\n{'a' * MAX_LINE_BYTES},x\n",
            InputError,
            r"line 2 is longer than 16777216 bytes; expected rows of a CSV",
        ),
        ('text,label\n"' + "a\n" * (MAX_FIELD_CHARACTERS // 2 + 1), FormatError, r"field larger than field limit"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, content, error, message):
    with pytest.raises(error, match=message):
        read_csv(write(tmp_path, content))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: no such file; expected a CSV file with the columns text, label"):
        read_csv(tmp_path / "gone.csv")


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read: Is a directory; check the file"):
        read_csv(tmp_path)


def test_an_error_shows_the_begin_of_a_header_alone(tmp_path):
    (tmp_path / "a.csv").write_text("a long first text " * 100 + ",label\n")
    with pytest.raises(InputError, match="its header has a long first text") as caught:
        read_csv(tmp_path / "a.csv")
    assert len(str(caught.value)) < 500
