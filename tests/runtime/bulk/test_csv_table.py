"""CSV files come back row for row, with answers behind the fields."""

import csv
import io
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drupelet.bulk import extents, lines
from drupelet.bulk.opened import opened
from drupelet.bulk.part import Place
from drupelet.bulk.scorer import as_text
from runtime.bulk.scoring import csv_rows, errors_of, scored

CHARACTERS = st.one_of(
    st.sampled_from(
        ["good", "bad", " film", ",", ";", "|", "\t", '"', '""', "\n", "\r\n", "\r", "\0", "😀", "é", "{", " "]
    ),
    st.characters(blacklist_categories=("Cs",)),
)
FIELD = st.lists(CHARACTERS, max_size=5).map("".join)
NUL_IS_READ = sys.version_info >= (3, 11)
"""Whether csv.reader takes a NUL for a character. Before, a row with one is a bad row."""


def written(rows, **options):
    """The bytes of a CSV file as Python writes it."""
    text = io.StringIO()
    csv.writer(text, **options).writerows(rows)
    return text.getvalue().encode()


@given(
    rows=st.lists(st.tuples(FIELD, FIELD, FIELD).map(list), max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|", " ", ":", "é", "😀"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    has_header=st.booleans(),
    part_rows=st.integers(1, 5),
)
def test_each_row_comes_back_with_its_answer(
    tmp_path_factory, scorer, rows, delimiter, line_end, quoting, mark, has_header, part_rows
):
    header = ["id", "text", "note"]
    if not has_header:
        rows = [["first", "a good film", "x"], *rows]
    if not NUL_IS_READ:
        rows = [[field.replace("\0", "") for field in row] for row in rows]
    folder = tmp_path_factory.mktemp("csv")
    # With this end of a line each Python quotes either of its characters.
    body = written([header, *rows] if has_header else rows, delimiter=delimiter, quoting=quoting)
    (folder / "in.csv").write_bytes(mark + (body if line_end == "\r\n" else body.replace(b"\r\n", b"\n")))
    if line_end == "\n":
        rows = [[field.replace("\r\n", "\n") for field in row] for row in rows]
    column = "text" if has_header else "2"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "PART_ROWS", part_rows)
        run = scored(
            folder / "in.csv",
            folder / "out.csv",
            scorer,
            text_column=column,
            delimiter=delimiter,
            has_header=has_header,
        )
    expected = [[*row, *map(as_text, scorer.values(scorer.classifier(row[1])))] for row in rows]
    if has_header:
        expected.insert(0, [*header, "label", "probability"])
    content = (folder / "out.csv").read_bytes()
    assert csv_rows(content, delimiter) == expected
    assert content.count(line_end.encode()) >= len(expected)
    assert (run.counts.answered, run.counts.bad, errors_of(folder / "out.csv")) == (len(rows), 0, [])


@given(
    st.lists(st.sampled_from([b"good film", b",", b'"', b"\n", b"\r", b"\0", b"\xff", b"\xc3\xa9", b"x"]), max_size=30)
)
@example([b",", b"\r", b"\r"])
def test_arbitrary_bytes_are_answered_or_told(tmp_path_factory, scorer, pieces):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "in.csv").write_bytes(b"text,n\n" + b"".join(pieces))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "PART_BYTES", 16)
        run = scored(folder / "in.csv", folder / "out.csv", scorer)
    head, *rows = csv_rows((folder / "out.csv").read_bytes())
    assert head == ["text", "n", "label", "probability"]
    for text, _, *answer in rows:
        assert answer == [as_text(value) for value in scorer.values(scorer.classifier(text))]
    bad = errors_of(folder / "out.csv")
    found = [record for record in lines.csv_records(io.BytesIO(b"".join(pieces)), 1, ",") if record.fields != []]
    assert (run.counts.answered, run.counts.bad) == (len(rows), len(bad))
    assert len(rows) + len(bad) == len(found)
    assert all(found[error["row"] - 1].line == error["line"] for error in bad)


def test_a_row_of_another_length_is_told(tmp_path, scorer):
    (tmp_path / "in.csv").write_bytes(b"text,n\ngood,1\nbad\n\nbad,2,3\n")
    scored(tmp_path / "in.csv", tmp_path / "out.csv", scorer)
    name = str(tmp_path / "in.csv")
    assert errors_of(tmp_path / "out.csv") == [
        {"file": name, "row": 2, "line": 3, "reason": "1 fields, expected 2", "begins": "bad"},
        {"file": name, "row": 3, "line": 5, "reason": "3 fields, expected 2", "begins": "bad,2,3"},
    ]


def test_a_lone_carriage_return_is_quoted_whatever_ends_the_lines(tmp_path, scorer):
    (tmp_path / "in.csv").write_bytes(b'text,n\n"good\rfilm",1\n')
    scored(tmp_path / "in.csv", tmp_path / "out.csv", scorer)
    assert b'"good\rfilm",1,' in (tmp_path / "out.csv").read_bytes()


def test_rows_stay_byte_for_byte(tmp_path, scorer):
    rows = (b'"text","n"\r\n', b'"good",1\n', b'good ,"1"\r\n', b'"a ""good""\r\nfilm",2\n', b'good "film", 3 ""')
    (tmp_path / "in.csv").write_bytes(b"".join(rows))
    scored(tmp_path / "in.csv", tmp_path / "out.csv", scorer)
    answers = [b"label,probability"]
    for text in ("good", "good ", 'a "good"\r\nfilm', 'good "film"'):
        answers.append(",".join(map(as_text, scorer.values(scorer.classifier(text)))).encode())
    ends = (b"\r\n", b"\n", b"\r\n", b"\n", b"\r\n")  # nothing ends the last line of the input
    expected = [row.rstrip(b"\r\n") + b"," + answer + end for row, answer, end in zip(rows, answers, ends)]
    assert (tmp_path / "out.csv").read_bytes() == b"".join(expected)


def test_the_head_is_that_of_the_input(tmp_path, scorer):
    (tmp_path / "in.csv").write_bytes(b'id;text;"a;b"\r\n1;good;x\r\n')
    table = opened(tmp_path / "in.csv", None, None, True)
    assert table.head(["label"]) == b'id;text;"a;b";label\r\n'  # byte for byte
    assert table.begin == Place(15, 0, 1)
    assert opened(tmp_path / "in.csv", "2", ";", False).head(["label"]) == b""
