import csv
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError, InputError
from drupelet.goldens import MAX_TEXT_CHARACTERS
from drupelet.labelled_rows import Columns
from drupelet.text_source import MAX_LINE_BYTES
from drupelet_train.corpora.labelled_file import MAX_CHARACTERS, read_labelled_file


def read_csv(path, **columns):
    return read_labelled_file(path, Columns(**columns))


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
        ("", InputError, r"a\.csv: line 1: no header; expected the names of its columns, such as text,label"),
        ("text,label\n", InputError, r"a\.csv: has no rows; expected a header text,label"),
        (
            "texts,label\na,b\n",
            InputError,
            r"no column that may hold the texts; its columns are 'texts', 'label': name it with",
        ),
        ("text,label\na,x\nb, \n", InputError, r"a\.csv: line 3: no label; fill it in, or leave the row out"),
        ("text,label\na,x\nb\n", FormatError, r"a\.csv: line 3: 1 fields, expected 2 as in its header; put quotes"),
        ('text,label\na,x\n"b,y\n', FormatError, r"a\.csv: line 3: not CSV \(unexpected end of data\)"),
        (
            f"text,label\n{'a' * (MAX_CHARACTERS + 1)},x\n",
            InputError,
            r"line 2: a text of 1,048,577 characters ends here",
        ),
        (b"text,label\na\xff,x\n", InputError, r"a\.csv: line 2: byte 1 \(0xff\) is not UTF-8; convert the text"),
        ("text,label\na,x\n".encode("utf-16"), InputError, r"a\.csv: starts with the byte order mark of UTF-16"),
        (
            "text,label\ra,x\rb,y\r",
            FormatError,
            r"a\.csv: line 1: not CSV: a carriage return outside quotes, with no line",
        ),
        (
            f"text,label\n{'a' * MAX_LINE_BYTES},x\n",
            InputError,
            r"line 2 is longer than 16777216 bytes; expected rows of a CSV",
        ),
        ('text,label\n"' + "a\n" * (MAX_TEXT_CHARACTERS // 2 + 1), FormatError, r"field larger than field limit"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, content, error, message):
    with pytest.raises(error, match=message):
        read_csv(write(tmp_path, content))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        InputError, match=r"gone\.csv: no such file; expected labelled texts \(CSV, JSONL or Parquet\); check the path"
    ):
        read_csv(tmp_path / "gone.csv")


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\); expected a CSV or JSONL file"):
        read_csv(tmp_path)


def test_an_error_shows_the_begin_of_a_header_alone(tmp_path):
    (tmp_path / "a.csv").write_text("a long first text " * 100 + ",label\n")
    with pytest.raises(InputError, match="its columns are 'a long first text") as caught:
        read_csv(tmp_path / "a.csv")
    assert len(str(caught.value)) < 500


def test_parquet_is_read_like_json_lines(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"review": ["a", "b\nc", "d"], "stars": [1, 5, 5], "film": ["f", "g", "g"]})
    parquet.write_table(table, tmp_path / "texts.bin")
    read = read_csv(tmp_path / "texts.bin", label="stars", group="film")
    assert (read.texts, read.label_names, read.groups) == (("a", "b\nc", "d"), ("1", "5", "5"), ("f", "g", "g"))
    parquet.write_table(pyarrow.table({"text": ["a"], "label": [0.5]}), tmp_path / "floats")
    with pytest.raises(
        InputError, match=r"floats: row 1: field 'label' is 0.5, expected a label; a number with a fraction"
    ):
        read_csv(tmp_path / "floats")
    (tmp_path / "cut").write_bytes((tmp_path / "floats").read_bytes()[:-9])
    with pytest.raises(InputError, match="row 1: cannot be read as Parquet"):
        read_csv(tmp_path / "cut")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"a Parquet file, which needs pyarrow.*pip install pyarrow"):
        read_csv(tmp_path / "a.parquet")


def test_a_pipe_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"printf 'text,label\\na,x\\n' > {tmp_path / 'pipe'}"]):
        assert read_csv(tmp_path / "pipe").texts == ("a",)


def test_several_labels_weights_and_groups(tmp_path):
    read = read_csv(write(tmp_path, "text,label,w,film\na,x|y,1,f\nb,,0.5,g\n"), several=True, weight="w", group="film")
    assert (read.label_sets, read.label_names) == ((("x", "y"), ()), ())
    assert (read.weights, read.groups) == ((1.0, 0.5), ("f", "g"))
    path = tmp_path / "a.csv"
    assert read.notes == (
        f"{path}: 2 rows separated by ',', texts in 'text', labels in 'label', weights in 'w', groups in 'film'",
        f"{path}: 1 of 2 texts have no label; the model learns to answer none",
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Review;x;Sentiment\na;1;b\n", "1 row separated by ';', texts in 'Review', labels in 'Sentiment'"),
        ("text\tlabel\na\tb\na\tb\n", "2 rows separated by '\\t', texts in 'text', labels in 'label'"),
        ('{"body": "a", "topic": "b"}\n', "1 row, texts in 'body', labels in 'topic'"),
    ],
)
def test_what_was_found_is_said(tmp_path, content, said):
    assert read_csv(write(tmp_path, content)).notes == (f"{tmp_path / 'a.csv'}: {said}",)


def test_what_can_be_used_but_looks_wrong_is_said(tmp_path):
    read = read_csv(write(tmp_path, "text,label\n,x\nb,y\n \t,x|y\n"))
    assert read.notes[1].endswith("2 of 3 texts are empty (line 2, 4); nothing can be learnt from them")
    assert "the label 'x|y' looks like several labels of one text" in read.notes[2]


def test_a_name_that_is_not_there_gets_the_closest(tmp_path):
    write(tmp_path, "text,label\n")
    with pytest.raises(InputError, match=r"did you mean 'a\.csv'"):
        read_csv(tmp_path / "b.csv")
