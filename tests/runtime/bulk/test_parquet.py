"""Parquet files keep their columns, their types and their row groups."""

import sys

import pytest

from drupelet.bulk.opened import opened
from drupelet.bulk.parquet import joined
from drupelet.bulk.part import Place
from drupelet.bulk.run import Ask, score
from drupelet.bulk.scorer import Scorer
from drupelet.errors import InputError
from runtime.bulk.scoring import errors_of, scored

pa = pytest.importorskip("pyarrow", reason="pyarrow is missing: there are no Parquet files")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is missing: there are no Parquet files")

TEXTS = ["a good film", "awful", None, "", "zzz", "very good", "😀 bad"]


def table_of(kind, texts=TEXTS):
    count = len(texts)
    return pa.table(
        {
            "id": pa.array(range(count), pa.int16()),
            "text": pa.array(texts, kind),
            "tags": pa.array([["a", None]] * count),
            "more": pa.array([{"x": number} for number in range(count)]),
            "when": pa.array([number * 10**6 for number in range(count)], pa.timestamp("us", "Europe/Berlin")),
        }
    )


KINDS = [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]


@pytest.mark.parametrize(("kind", "jobs"), [*((kind, 1) for kind in KINDS), (KINDS[-1], 2)], ids=str)
def test_each_row_comes_back_with_its_answer(tmp_path, scorer, kind, jobs):
    table = table_of(kind)
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=3)
    run = scored(tmp_path / "in.parquet", tmp_path / "out.parquet", scorer, jobs=jobs)
    found = pq.read_table(tmp_path / "out.parquet")
    kept = [row for row in table.to_pylist() if row["text"] is not None]
    assert found.schema.names == [*table.schema.names, "label", "probability"]
    assert [found.schema.field(name).type for name in table.schema.names] == table.schema.types
    answers = scorer.classifier.predict([row["text"] for row in kept])
    assert found.to_pylist() == [
        {**row, "label": answer.label, "probability": answer.probability} for row, answer in zip(kept, answers)
    ]
    assert [row["row"] for row in errors_of(tmp_path / "out.parquet")] == [3]
    assert errors_of(tmp_path / "out.parquet")[0]["reason"] == "no text"
    assert (run.counts.answered, run.counts.bad, run.counts.without_words) == (6, 1, 2)
    assert run.told[-1][1] == pytest.approx(1, abs=0.01)
    metadata = pq.ParquetFile(tmp_path / "out.parquet").metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [2, 3, 1]


def test_a_text_that_is_not_utf8_is_told(tmp_path, scorer):
    broken = pa.Array.from_buffers(pa.string(), 3, pa.array([b"good", b"\xff\xfe", b"bad"], pa.binary()).buffers())
    pq.write_table(pa.table({"text": broken}), tmp_path / "in.parquet")
    scored(tmp_path / "in.parquet", tmp_path / "out.parquet", scorer)
    assert pq.read_table(tmp_path / "out.parquet")["text"].to_pylist() == ["good", "bad"]
    (error,) = errors_of(tmp_path / "out.parquet")
    assert (error["row"], error["reason"], error["begins"]) == (2, "not UTF-8", "\ufffd\ufffd")


@pytest.mark.parametrize("texts", [[], [None, None]], ids=["no row", "no text"])
def test_a_file_without_answers_has_the_columns(tmp_path, bundle_folder, texts):
    scorer = Scorer(bundle_folder, probabilities=True, prefix="a_")
    pq.write_table(table_of(pa.string(), texts), tmp_path / "in.parquet")
    run = scored(tmp_path / "in.parquet", tmp_path / "out.parquet", scorer)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.num_rows == run.counts.answered == 0
    assert found.schema.names[-4:] == scorer.added_columns()
    assert found.schema.types[-4:] == [pa.string(), *[pa.float64()] * 3]


def test_the_folder_of_the_output_may_look_like_a_partition(tmp_path, scorer):
    pq.write_table(table_of(pa.string()), tmp_path / "in.parquet")
    (tmp_path / "id=5").mkdir()
    scored(tmp_path / "in.parquet", tmp_path / "id=5" / "out.parquet", scorer)
    found = pq.ParquetFile(tmp_path / "id=5" / "out.parquet").read()
    assert found["id"].to_pylist() == [0, 1, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("column", "message"),
    [("id", "column 'id' holds int16, expected strings"), ("txt", "no single column 'txt'; did you mean 'text'")],
)
def test_a_column_without_strings_is_refused(tmp_path, column, message):
    pq.write_table(table_of(pa.string()), tmp_path / "in.parquet")
    with pytest.raises(InputError, match=message):
        opened(tmp_path / "in.parquet", column, None, True)


def test_a_truncated_file_is_refused(tmp_path):
    pq.write_table(table_of(pa.string()), tmp_path / "in.parquet")
    content = (tmp_path / "in.parquet").read_bytes()
    for size in (4, 100, len(content) - 1):
        (tmp_path / "in.parquet").write_bytes(content[:size])
        with pytest.raises(InputError, match=r"pyarrow cannot read it .*is it whole"):
            opened(tmp_path / "in.parquet", None, None, True)


def test_no_damage_is_more_than_an_error_of_the_file(tmp_path, scorer):
    pq.write_table(table_of(pa.string()), tmp_path / "in.parquet", row_group_size=3)
    content = (tmp_path / "in.parquet").read_bytes()
    for place in range(4, len(content), 97):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        (tmp_path / "in.parquet").write_bytes(damaged)
        ask = Ask((str(tmp_path / "in.parquet"),), tmp_path / "out.parquet", overwrite=True, begin_again=True)
        try:
            score(ask, scorer, lambda *_: None, lambda _: None)
        except InputError as error:
            assert str(error).startswith(str(tmp_path / "in.parquet"))  # noqa: PT017


def test_parts_are_row_groups(tmp_path):
    pq.write_table(table_of(pa.string()), tmp_path / "in.parquet", row_group_size=3)
    table = opened(tmp_path / "in.parquet", None, None, True)
    parts = list(table.parts(4, table.begin))
    assert [(part.start, part.stop) for part in parts] == [
        (Place(0, 0, 0), Place(1, 3, 0)),
        (Place(1, 3, 0), Place(2, 6, 0)),
        (Place(2, 6, 0), Place(3, 7, 0)),
    ]
    assert list(table.parts(4, Place(1, 3, 0))) == parts[1:]
    assert table.head(["label"]) == b""


def test_an_input_that_is_gone_at_the_end_is_named(tmp_path, scorer):
    pq.write_table(table_of(pa.string()), tmp_path / "in.parquet")
    table = opened(tmp_path / "in.parquet", None, None, True)
    (tmp_path / "in.parquet").unlink()
    with pytest.raises(InputError, match=r"in\.parquet: pyarrow cannot read it"):
        joined([], table, scorer, str(tmp_path / "out.parquet"))


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    pq.write_table(table_of(pa.string()), tmp_path / "in.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r'needs pyarrow.*pip install "drupelet\[parquet\]"'):
        opened(tmp_path / "in.parquet", None, None, True)
