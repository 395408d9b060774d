"""Labelled texts are found in what people hold: any delimiter, usual column names, JSON lines. What is not clear is asked."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, FormatError, InputError
from drupelet.labelled_rows import Columns, Places, labelled_rows

ROWS = [('a, "good" film; really|\tyes', "pos"), ("", "neg"), ("two\nlines", "pos"), ("\u6620\u753b \ufeff", "a,b")]


@pytest.fixture
def rows_of(tmp_path):
    """A function that writes bytes to a file and reads its rows without their lines."""

    def read(content, **columns):
        path = tmp_path / "texts"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [(row.text, *row.labels) for row in labelled_rows(path, Columns(**columns))]

    return read


def quoted(field):
    return '"' + field.replace('"', '""') + '"'


def csv_of(rows, delimiter, header=("text", "label"), end="\n"):
    return end.join(delimiter.join(map(quoted, row)) for row in [header, *rows]) + end


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter(rows_of, delimiter, end):
    rows = [(text.replace("\n", end), label) for text, label in ROWS]
    assert rows_of(csv_of(rows, delimiter, end=end)) == rows
    assert rows_of("\ufeff" + csv_of(rows, delimiter, end=end)) == rows


def test_json_lines(rows_of):
    lines = [json.dumps({"id": 1, "text": text, "label": label}, ensure_ascii=False) for text, label in ROWS]
    assert rows_of("\n".join([*lines[:2], "", *lines[2:]])) == ROWS
    assert rows_of('{"Review": "x", "Sentiment": 1}') == [("x", "1")]


def test_columns_in_any_order_with_usual_names(rows_of):
    assert rows_of("Sentiment;n;Review\npos;1;good film\n") == [("good film", "pos")]
    assert rows_of("a,b\npos,good film\n", text="b", label="a") == [("good film", "pos")]
    assert rows_of("a;b,c\nx;y,z\n", text="b,c", label="a", delimiter=";") == [("y,z", "x")]


def test_several_labels_where_a_text_may_have_them(rows_of):
    assert rows_of("text,label\nx,a| b\ny,\n", several=True) == [("x", "a", "b"), ("y",)]
    assert rows_of('{"text": "x", "labels": ["a|b", 2]}\n{"text": "y", "labels": []}', several=True) == [
        ("x", "a|b", "2"),
        ("y",),
    ]


def test_a_line_is_where_the_row_ends(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text('text,label\n"two\nlines",a\nx,b\n')
    assert [row.line for row in labelled_rows(path, Columns())] == [3, 4]


def test_the_delimiter_may_be_named_or_stand_in_the_first_line(rows_of):
    assert rows_of("text~label\na;b~x\n", delimiter="~") == [("a;b", "x")]
    assert rows_of("sep=~\r\ntext~label\r\na;b~x\r\n") == [("a;b", "x")]


def test_a_file_without_a_header_has_numbered_columns(rows_of, tmp_path):
    given = {"text": "2", "label": "1", "header": False}
    assert rows_of('pos;"two\nlines"\nneg;b\n', **given) == [("two\nlines", "pos"), ("b", "neg")]
    assert [row.line for row in labelled_rows(tmp_path / "texts", Columns(**given))] == [2, 3]
    with pytest.raises(InputError, match="may separate its columns; say which with --delimiter"):
        rows_of("pos;a, b\n", **given)
    assert rows_of("pos;a, b\n", delimiter=";", **given) == [("a, b", "pos")]


def test_weights_and_groups(tmp_path):
    path = tmp_path / "texts"
    path.write_text("text,label,w,film\nx,a,0.5, f1 \ny,b,2,7\n")
    found = []
    rows = list(labelled_rows(path, Columns(weight="w", group="film"), found.append))
    assert [(row.weight, row.group) for row in rows] == [(0.5, "f1"), (2.0, "7")]
    assert found == [Places("text", "label", "w", "film", ",")]
    path.write_text('{"text": "x", "label": "a", "w": 3, "film": 7}\n')
    rows = list(labelled_rows(path, Columns(weight="w", group="film"), found.append))
    assert [(row.weight, row.group) for row in rows] == [(3.0, "7")]
    assert found[1:] == [Places("text", "label", "w", "film")]


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (b"a film,good\n", {}, "no column that may hold the texts.*say so with --no-header and call the columns 1, 2"),
        (b"text,label,w\nx,a,-1\n", {"weight": "w"}, "line 2: weight 'w' is '-1', expected a number of at least 0"),
        (b"text,label,w\nx,a,nan\n", {"weight": "w"}, "line 2: weight 'w' is 'nan', expected a number"),
        (b"text,label,f\nx,a,\n", {"group": "f"}, "line 2: group 'f' is '', expected a name"),
        (b"text,label,film\n", {"group": "flim"}, "no single column 'flim'; did you mean 'film'.*--group-column"),
        (b"PAR1\0\0", {}, "a Parquet file; expected CSV or a JSON object per line"),
        (b'[\n {"text": "x"}]', {}, "a JSON list; expected a JSON object per line: jq -c"),
        (b'{"text": "x", "label": "a"}\n', {"header": False}, "its fields have names, so --no-header does not fit"),
        (
            "text,label\n\u00fc,a\n".encode() + b"\xfc,b\n",
            {},
            "line 3: byte 0 .* is not UTF-8.*Line 2 is UTF-8: the file mixes",
        ),
        (b"text,label\nx,a\ry,b\r", {}, "a carriage return outside quotes.*line ends LF or CRLF"),
        (b"", {}, "line 1: no header; expected the names of its columns"),
        (b"just a text\n", {}, "line 1: 'just a text' has one column; expected a header with a column of texts"),
        (
            b"text,id\nx,1\n",
            {},
            "no column that may hold the labels; its columns are 'text', 'id': name it with --label-column",
        ),
        (
            b"text,review,label\n",
            {},
            "several columns that may hold the texts; its columns are .*: name it with --text-column",
        ),
        (b"text,label\n", {"text": "txt"}, "no single column 'txt'; did you mean 'text'"),
        (b"text,text,label\n", {"text": "text"}, "no single column 'text'"),
        (b"text,label\n", {"text": "text", "label": "text"}, "column 'text' cannot hold both"),
        (
            b"text,label\nx\n",
            {},
            "line 2: 1 fields, expected 2 as in its header; put quotes around a field that holds ','",
        ),
        (b"text,label\nx,y,z\n", {}, "line 2: 3 fields, expected 2"),
        (b"text,label\nx, \n", {}, "line 2: no label; fill it in, or leave the row out"),
        (b'text,label\nx,"y\n', {}, r"line 2: not CSV \(unexpected end of data\); check its quotes there"),
        (
            b'text,label\nx,y\n"x,y\nx,y\n',
            {},
            r"line 4: not CSV \(unexpected end of data, in the row that begins in line 3\)",
        ),
        (b"text,label\n\xff,y\n", {}, "line 2: .*UTF-8"),
        (b'{"text": "x"}\n', {}, "no column that may hold the labels"),
        (b'{"text": "x", "label": "a"}\n{"text": "y"}\n', {}, "line 2: no field 'label'; every line needs it"),
        (b'{"text": 1, "label": "a"}\n', {}, "line 1: field 'text' is 1, expected a string"),
        (b'{"text": "x", "label": 0.5}\n', {}, "line 1: field 'label' is 0.5, expected a label"),
        (b'{"text": "x", "label": ["a"]}\n', {}, "line 1: field 'label' is .*, expected a label"),
        (
            b'{"text": "x", "label": true}\n',
            {"several": True},
            "line 1: field 'label' is True, expected a list of labels",
        ),
        (b'{"text": "x", "label": "a"}\n[1]\n', {}, "line 2: a JSON list, expected an object"),
        (b'{"text": ' + b"[" * 100_000, {}, "line 1"),
    ],
)
def test_what_is_not_clear_is_an_error_with_its_line(rows_of, content, columns, message):
    with pytest.raises((InputError, FormatError), match=message):
        rows_of(content, **columns)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"nothing: cannot be read .*expected a CSV or JSONL file"):
        list(labelled_rows(tmp_path / "nothing", Columns()))
    with pytest.raises(InputError, match="cannot be read"):
        list(labelled_rows(tmp_path, Columns()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(st.tuples(st.text(), st.text(min_size=1).filter(str.strip)), max_size=4), st.sampled_from(",;\t|"))
def test_any_text_comes_back(rows_of, rows, delimiter):
    def usual(text):  # a carriage return before a line feed belongs to the line end; lone surrogates are no UTF-8
        return text.encode("utf-8", "replace").decode().replace("\r", "").replace("\0", "")

    rows = [(usual(text), usual(label)) for text, label in rows if usual(label).strip()]
    assert rows_of(csv_of(rows, delimiter)) == [(text, label.strip()) for text, label in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.binary(max_size=80) | st.text(alphabet='{}[]",:;|\t\n\\ textlabel0', max_size=60).map(str.encode))
def test_any_bytes_give_rows_or_an_error(rows_of, content):
    try:
        rows_of(b"text,label\n" + content)
        rows_of(content)
    except DrupeletError:
        pass
