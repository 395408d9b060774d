"""Files are opened by what they hold; what holds no rows is refused with what to do."""

import pytest

from drupelet.bulk.csv_table import Csv
from drupelet.bulk.json_table import JsonLines
from drupelet.bulk.opened import opened
from drupelet.bulk.part import Place
from drupelet.errors import InputError

MARK = b"\xef\xbb\xbf"


def open_bytes(tmp_path, content, text_column=None, delimiter=None, has_header=True):
    (tmp_path / "in.bin").write_bytes(content)
    return opened(tmp_path / "in.bin", text_column, delimiter, has_header)


@pytest.mark.parametrize(
    ("content", "delimiter", "columns", "column", "begin", "line_end"),
    [
        (b"id,text\n1,a\n", ",", ("id", "text"), "text", Place(8, 0, 1), "\n"),
        (b"id;text\r\n1;a\r\n", ";", ("id", "text"), "text", Place(9, 0, 1), "\r\n"),
        (MARK + b"id\ttext\n", "\t", ("id", "text"), "text", Place(11, 0, 1), "\n"),
        (b'"i\nd"|Text\n', "|", ("i\nd", "Text"), "Text", Place(11, 0, 2), "\n"),
        (b"whatever\ngood, bad\n", ",", ("whatever",), "whatever", Place(9, 0, 1), "\n"),
        (b"a;b,text\n", ",", ("a;b", "text"), "text", Place(9, 0, 1), "\n"),
        (b"text", ",", ("text",), "text", Place(4, 0, 1), "\n"),
    ],
)
def test_csv(tmp_path, content, delimiter, columns, column, begin, line_end):
    table = open_bytes(tmp_path, content)
    assert isinstance(table, Csv)
    assert (table.delimiter, table.columns, table.text_column) == (delimiter, columns, column)
    assert (table.begin, table.line_end, table.header is not None) == (begin, line_end, True)


def test_columns_without_names_are_numbers(tmp_path):
    table = open_bytes(tmp_path, MARK + b"7,good\n", "2", None, has_header=False)
    assert (table.columns, table.text_column, table.begin) == (("1", "2"), "2", Place(3, 0, 0))


@pytest.mark.parametrize(("content", "begin"), [(b'{"text": "a"}', 0), (MARK + b' \n\n{"id": 1, "text": "a"}\n', 3)])
def test_json_lines(tmp_path, content, begin):
    table = open_bytes(tmp_path, content)
    assert isinstance(table, JsonLines)
    assert (table.text_column, table.begin) == ("text", Place(begin, 0, 0))


def test_the_columns_are_those_of_the_first_line_that_is_an_object(tmp_path):
    assert open_bytes(tmp_path, b'{"broken\n[1]\n{"review": "x", "n": 1}\n').columns == ("review", "n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: no row of CSV"),
        (MARK, "line 1: no row of CSV"),
        (b"\n", "line 1: no row of CSV"),
        (b"te\xffxt\n", "line 1: no row of CSV"),
        (b'"text\n', "line 1: no row of CSV"),
        (b"PK\x03\x04...", "a zip archive or a spreadsheet; expected CSV, a JSON object per line, or Parquet"),
        (b"\x1f\x8b...", "a gzip file; expected"),
        (b"\xff\xfet\0", "UTF-16; expected UTF-8"),
        (b'[\n{"text": 1}]', "a JSON list; expected a JSON object per line: jq"),
        (b'{"text": \n' * 3, "none of its first 1000 lines is a JSON object"),
        (b"a;b,c\n1,2\n", "no column that may hold the texts; its columns are 'a;b', 'c'"),
        (b"a,b\n1,2\n", "no column that may hold the texts; its columns are 'a', 'b'"),
        (b'{"a": 1, "b": 2}', "no column that may hold the texts; its columns are 'a', 'b'"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_what_is_no_table_is_refused(tmp_path, content, message):
    with pytest.raises(InputError) as refused:
        open_bytes(tmp_path, content)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'in.bin'}: ")


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read .*check the file and its permissions"):
        opened(tmp_path / "missing", None, None, True)
    with pytest.raises(InputError, match="cannot be read"):
        opened(tmp_path, None, None, True)
