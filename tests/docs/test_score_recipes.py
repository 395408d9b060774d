"""The programs of the page "Many texts at once" run as they stand. Those of engines for tables are run by make test-recipes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import drupelet
from docs.tools import sessions

PAGE = sessions.GUIDE / "score.md"
TINY = sessions.REPOSITORY / "artifacts/imdb-tiny"
CODE = os.pathsep.join(path for path in sys.path if path)
ELSEWHERE = "is not installed; make test-recipes has an environment with it"

SENTENCES = (
    "a quiet, wonderful film",
    None,
    "dull and badly acted, I wanted my money back",
    "",
    'größer, 面白い, \U0001f3ac, two\nlines, a "quote" and a comma',
    "zxqv",
    "not as bad as people say, and the ending is lovely " * 40,
)
TEXTS = [*[None] * 2100, *(text and f"{text} {row}" for row, text in enumerate(SENTENCES * 700))]
"""The first batch of every engine has no text at all: its columns have the right types nevertheless."""

SPARK = (
    "--master local[2] --driver-memory 512m --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 "
    "--conf spark.sql.execution.arrow.maxRecordsPerBatch=500 --conf spark.sql.parquet.compression.codec=uncompressed "
    "pyspark-shell"
)
"""Options of a Spark in this process: no page, no cluster, and no compression, whose libraries not every machine can load."""


def program(name: str) -> str:
    """The text of a program of the page."""
    (found,) = (
        step.text
        for step in sessions.read_session(PAGE.read_text(encoding="utf-8"))
        if isinstance(step, sessions.File) and step.name == name
    )
    return found


@pytest.fixture
def parquet() -> Any:
    """The module that reads and writes Parquet files."""
    return pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


@pytest.fixture
def folder(tmp_path: Path, parquet: Any) -> Path:
    """A folder with what the page speaks of: the bundle, and texts with a number and a column of another type."""
    import pyarrow

    (tmp_path / "artifacts").symlink_to(TINY.parent)
    write_reviews(tmp_path, pyarrow.array(TEXTS, pyarrow.string()))
    return tmp_path


def write_reviews(folder: Path, texts: Any) -> None:
    """Writes the table that the programs read, in row groups of which several are answered at the same time."""
    import pyarrow
    from pyarrow import parquet

    ids = range(len(texts))
    table = pyarrow.table({"id": [*ids], "review": texts, "stars": [None if row % 3 else row / 4 for row in ids]})
    parquet.write_table(table, folder / "reviews.parquet", row_group_size=3000, compression="none")


def done(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program that was run in the folder."""
    (folder / "program.py").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": CODE, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def in_polars(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("polars", reason=f"Polars {ELSEWHERE}")
    return done(folder, text)


def in_duckdb(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("duckdb", reason=f"DuckDB {ELSEWHERE}")
    pytest.importorskip("numpy", reason="numpy is not installed")
    return done(folder, text)


def in_spark(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("pyspark", reason=f"Spark {ELSEWHERE}")
    pytest.importorskip("pandas", reason="pandas is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java, which is not installed: apt-get install default-jre-headless")
    return done(
        folder,
        text,
        PYSPARK_PYTHON=sys.executable,
        PYSPARK_SUBMIT_ARGS=SPARK,
        SPARK_LOCAL_IP="127.0.0.1",
        SPARK_LOCAL_DIRS=str(folder / "spark"),
    )


ENGINES: Mapping[str, Callable[[Path, str], subprocess.CompletedProcess[str]]] = {
    "in_polars.py": in_polars,
    "in_duckdb.py": in_duckdb,
    "in_spark.py": in_spark,
}


def check_answers(folder: Path, parquet: Any) -> None:
    """Every row is there, as it was, with the classifier's answer to the last bit and nulls where there is no text."""
    import pyarrow

    found = parquet.read_table(folder / "answered.parquet").sort_by("id")
    given = parquet.read_table(folder / "reviews.parquet")
    assert found.column_names == [*given.column_names, "label", "probability"]
    assert found["id"].to_pylist() == [*range(len(TEXTS))]
    assert found["stars"].to_pylist() == given["stars"].to_pylist()
    texts = found["review"].to_pylist()
    assert texts == TEXTS
    answers = iter(drupelet.load(TINY, "native").predict(text for text in texts if text is not None))
    expected = [(None, None) if text is None else answer_of(next(answers)) for text in texts]
    assert [*zip(found["label"].to_pylist(), found["probability"].to_pylist(), strict=True)] == expected
    assert {label for label, _ in expected} == {"negative", "positive", None}
    assert found.schema.field("probability").type == pyarrow.float64()


def answer_of(prediction: Any) -> tuple[str, float]:
    """The values of the added columns for an answer of the classifier."""
    return prediction.label, prediction.probability


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_every_answer_is_that_of_predict(name: str, folder: Path, parquet: Any) -> None:
    run = ENGINES[name](folder, program(name))
    assert run.returncode == 0, run.stderr
    check_answers(folder, parquet)


@pytest.mark.slow
def test_spark_pickles_a_scorer_whose_path_all_see(folder: Path, parquet: Any) -> None:
    text = program("in_spark.py")
    (inside,) = re.findall(r"    scorer = Scorer\(SparkFiles.*\n", text)
    (outside,) = re.findall(r"`(scorer = Scorer\(.*\))` in front of `answered`", PAGE.read_text(encoding="utf-8"))
    (add,) = re.findall(r"spark\.sparkContext\.addFile.*\n", text)
    run = in_spark(folder, text.replace(inside, "").replace(add, f"{outside}\n"))
    assert run.returncode == 0, run.stderr
    check_answers(folder, parquet)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_a_column_without_texts_ends_the_query_with_its_reason(name: str, folder: Path) -> None:
    import pyarrow

    write_reviews(folder, pyarrow.array([b"a wonderful film"] * 3, pyarrow.binary()))
    run = ENGINES[name](folder, program(name))
    assert run.returncode != 0
    if name == "in_duckdb.py":  # which asks nobody
        assert "No function matches the given name and argument types 'answered(BLOB)'" in run.stderr
    else:
        assert "row 0 of the batch: column 'review' holds bytes b'a wonderful film', expected texts" in run.stderr
    assert not [*folder.glob("answered.parquet/part-*")]


def test_the_program_of_the_page_answers_as_it_shows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (text,) = re.findall(r"## In your own program\n.*?```python\n(.*?)```", page, re.DOTALL)
    *lines, call, shown = text.replace("artifacts/imdb-tiny", str(TINY)).splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)  # noqa: S102 - our own page
    pattern = re.escape(shown.removeprefix("# ")).replace(r"\.\.\.", r".*")
    assert re.fullmatch(pattern, repr(eval(call, names)))  # noqa: S307 - our own page
