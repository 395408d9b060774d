"""The measurement of drupelet score: its rows, its checks, and its table."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from benchmarks import score_rows
from benchmarks.score_rows import REVIEWS, SHORT, Workload, first_answers_agree, measure, rows_of, run_command, table

ROOT = Path(__file__).parents[2]
NANO = ROOT / "artifacts" / "imdb-nano"
TEXTS = ["a quiet, wonderful film " * 12, "dull and\nbadly acted"]


def test_rows_are_numbered_and_begin_anew() -> None:
    assert list(rows_of(TEXTS, REVIEWS, 3)) == [(0, TEXTS[0]), (1, TEXTS[1]), (2, TEXTS[0])]
    assert [len(text.split()) for _, text in rows_of(TEXTS, SHORT, 2)] == [20, 4]


def test_every_way_answers_the_same_rows(tmp_path: Path) -> None:
    one, two = measure(tmp_path, NANO, Workload(REVIEWS, 300, (1, 2)), TEXTS, 0.1)
    assert (one["rows"], one["workers"], one["same"], two["workers"], two["same"]) == (30, 1, True, 2, True)
    assert two["rows_per_s"] == pytest.approx(30 / two["seconds"], rel=0.1)
    assert score_rows.rows_read_per_second(tmp_path / "rows.csv") > 0


def test_another_answer_is_seen(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    good = [["review", "label", "probability"], ["a quiet, wonderful film", "positive", ""]]
    for changed, agrees in (("label", False), ("probability", False), (None, True)):
        answer = dict(zip(good[0], good[1], strict=True), probability=score_of(good[1][0]))
        if changed:
            answer[changed] = {"label": "negative", "probability": "0.500000"}[changed]
        with out.open("w", newline="") as file:
            csv.writer(file).writerows([good[0], [answer[name] for name in good[0]]])
        assert first_answers_agree(out, NANO) == agrees


def score_of(text: str) -> str:
    import drupelet

    (answer,) = drupelet.load(NANO).predict([text])
    return f"{answer.probability:.6f}"


def test_memory_counts_children() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', CODE]); print('{}')"
    held = "import time; held = bytearray(80_000_000); time.sleep(1.5)"
    document, mib = run_command([sys.executable, "-c", program.replace("CODE", repr(held))])
    assert document == {}
    assert 80 < mib < 160


def test_a_command_that_fails_is_an_error() -> None:
    with pytest.raises(CalledProcessError):
        run_command([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_table_compares_with_one_job() -> None:
    run = {
        "texts": REVIEWS,
        "rows": 1000,
        "input_mb": 1.3,
        "kind": "jobs",
        "workers": 1,
        "seconds": 2.0,
        "memory_mib": 30.2,
    }
    runs = [
        {**run, "rows_per_s": 500},
        {**run, "workers": 2, "rows_per_s": 900},
        {**run, "kind": "ray", "rows_per_s": 450},
    ]
    runs[2]["memory_mib"] = None
    lines = table(runs).splitlines()
    assert [line.split()[-2:] for line in lines[1:3]] == [["1.00", "30"], ["1.80", "30"]]
    assert lines[3].split()[-1] == "0.90"
