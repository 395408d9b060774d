"""JSON lines stay as they are, with the answer as last fields."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.bulk import extents, lines
from drupelet.bulk.scorer import Scorer
from runtime.bulk.scoring import errors_of, json_lines, scored

TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12) | st.sampled_from(["a good film", "bad", "😀"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)


@given(
    rows=st.lists(st.tuples(TEXT, VALUES), min_size=1, max_size=10),
    is_ascii=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n", " \n", "\n\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    part_bytes=st.integers(1, 200),
)
def test_each_line_comes_back_with_its_answer(tmp_path_factory, scorer, rows, is_ascii, line_end, mark, part_bytes):
    folder = tmp_path_factory.mktemp("json")
    given_lines = [json.dumps({"text": text, "more": more}, ensure_ascii=is_ascii) for text, more in rows]
    (folder / "in.jsonl").write_bytes(mark + "".join(line + line_end for line in given_lines).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "PART_BYTES", part_bytes)
        run = scored(folder / "in.jsonl", folder / "out.jsonl", scorer)
    found = json_lines(folder / "out.jsonl")
    assert run.counts.bad == 0
    assert [list(row) for row in found] == [["text", "more", "label", "probability"]] * len(rows)
    for row, (text, more), line in zip(found, rows, (folder / "out.jsonl").read_bytes().decode().split("\n")):
        answer = scorer.classifier(text)
        assert row == {"text": text, "more": more, "label": answer.label, "probability": answer.probability}
        assert line.startswith(given_lines[found.index(row)][:-1] + ", ") or row in found[: found.index(row)]


PIECES = [
    b"{",
    b"}",
    b'"text"',
    b":",
    b'"good"',
    b",",
    b"\n",
    b"\xff",
    b"\0",
    b"\\ud800",
    b"1",
    b"[",
    b" ",
    b'{"text": "bad"}\n',
]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_arbitrary_bytes_are_answered_or_told(tmp_path_factory, scorer, pieces):
    folder = tmp_path_factory.mktemp("bytes")
    content = b'{"text": "a good film"}\n' + b"".join(pieces)
    (folder / "in.jsonl").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "PART_BYTES", 16)
        run = scored(folder / "in.jsonl", folder / "out.jsonl", scorer)
    rows, bad = json_lines(folder / "out.jsonl"), errors_of(folder / "out.jsonl")
    for row in rows:
        answer = scorer.classifier(row["text"])
        assert (row["label"], row["probability"]) == (answer.label, answer.probability)
    expected = [record for record in lines.json_records(io.BytesIO(content), 0) if record.fields != []]
    assert (run.counts.answered, run.counts.bad) == (len(rows), len(bad))
    assert len(rows) + len(bad) == len(expected)
    assert all(expected[error["row"] - 1].line == error["line"] for error in bad)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": 7}', "field 'text' is 7, expected a string"),
        (b'{"text": null}', "field 'text' is None, expected a string"),
        (b'{"txt": "good"}', "no field 'text'; did you mean 'txt'"),
        (b"{%s}" % b",".join(b'"f%d": 1' % n for n in range(9999)), "no field 'text' (known: f0, f1"),
        (b"{}", "no field 'text'"),
        (b"[1]", "the line: a JSON list, expected an object"),
        (b'{"text": "good"', "the line: not JSON ("),
        (b'{"text": "good", "text": "bad"}', "the line: not JSON ("),
        (b'{"text": "good", "n": NaN}', "the line: not JSON ("),
        (b'{"text": "\\ud83d"}', "field 'text' has half a character (a surrogate)"),
        (b'{"text": "good", "label": 1}', "has a field 'label', as the answer would be called"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "the line: not JSON ("),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_a_bad_line_is_told(tmp_path, scorer, line, reason):
    (tmp_path / "in.jsonl").write_bytes(b'{"text": "good"}\n' + line + b'\n{"text": "bad"}')
    run = scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl", scorer)
    assert (run.counts.answered, run.counts.bad) == (2, 1)
    (error,) = errors_of(tmp_path / "out.jsonl")
    assert (error["row"], error["line"]) == (2, 2)
    assert error["reason"].startswith(reason)
    assert len(error["begins"]) <= 200
    assert len(error["reason"]) <= 400


def test_a_prefix_goes_round_a_field_of_that_name(tmp_path, bundle_folder):
    (tmp_path / "in.jsonl").write_bytes(b'{"label": "x", "text": "good"}\n')
    run = scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl", Scorer(bundle_folder, prefix="my_"))
    assert run.counts.answered == 1
    assert list(json_lines(tmp_path / "out.jsonl")[0]) == ["label", "text", "my_label", "my_probability"]
