"""The stopwatch of the export, and the report that the documentation quotes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from benchmarks.export_time import Stopwatch
from drupelet.text_choice import NEAREST, SAMPLE_TEXTS, SLOW_ENGINES

ROOT = Path(__file__).parents[2]
REPORT = json.loads((ROOT / "docs/reports/export-time.json").read_text())


def test_a_step_lasts_until_the_next_one() -> None:
    watch = Stopwatch()
    watch("waiting")
    time.sleep(0.2)
    watch("working")
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    watch.stop()
    waiting, working = watch.steps
    assert (waiting.step, working.step) == ("waiting", "working")
    assert waiting.wall_s >= 0.2 > waiting.cpu_s
    assert working.cpu_s >= 0.09
    watch.stop()
    assert len(watch.steps) == 2


def test_the_report_is_about_every_scheme_and_passed() -> None:
    assert (REPORT["passed"], REPORT["schemes"]) == (True, ["f32", "f16", "wi8", "wi4"])
    assert REPORT["cpu_s"] == pytest.approx(sum(step["cpu_s"] for step in REPORT["steps"]), abs=0.1)


def test_quick_engines_answered_every_text_and_slow_ones_a_sample() -> None:
    held_out = [row for row in REPORT["texts"] if row["suite"] == "held_out"]
    assert len(held_out) == 16
    for row in held_out:
        expected = (SAMPLE_TEXTS, 2000) if row["engine"] in SLOW_ENGINES else (2000, None)
        assert (row["n"], row["total"]) == expected
    assert {row["n"] for row in REPORT["texts"] if row["suite"] == "edge"} == {23}
    assert all(row["engine"] in SLOW_ENGINES for row in REPORT["texts"] if row["suite"] == NEAREST)


def test_the_documentation_says_what_the_report_says() -> None:
    page = (ROOT / "docs/measurements.md").read_text()
    assert f"{REPORT['cpu_s']:.0f} seconds of one processor core" in " ".join(page.split())
