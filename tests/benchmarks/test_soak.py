"""The soak of the server, on few texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import serve_costs, soak

BUNDLE = Path(__file__).parents[2] / "artifacts" / "imdb-nano"
REPORT = Path(__file__).parents[2] / "docs" / "reports" / "soak.json"


def test_texts_are_the_same_each_time() -> None:
    pool = soak.pool_of_texts(BUNDLE)
    assert pool == soak.pool_of_texts(BUNDLE)
    assert len(set(pool)) > soak.POOL // 2
    assert all(1 <= len(text.split()) <= soak.MAX_WORDS for text in pool)


@pytest.mark.slow
def test_few_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("waitress")
    monkeypatch.setattr(serve_costs, "REPEATS", 2)
    monkeypatch.setattr(soak, "SAMPLE_SECONDS", 0.05)
    monkeypatch.setattr(soak, "FLAT_MB", 100.0)  # it is not warm yet
    assert soak.main([str(BUNDLE), "--texts", "8000", "--json", str(tmp_path / "soak.json")]) == 0
    found = json.loads((tmp_path / "soak.json").read_text())
    assert found["passed"]
    assert (found["texts"] >= 8000, found["different_answers"], found["failed_requests"]) == (True, 0, 0)
    assert found["swaps"] >= 1


@pytest.mark.slow
def test_an_answer_that_differs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("waitress")
    monkeypatch.setattr(soak, "SAMPLE_SECONDS", 0.05)
    client_class = soak.Client
    monkeypatch.setattr(soak, "SWAPS", 0)
    monkeypatch.setattr(soak, "Client", lambda: client_class(different=1))
    outcome = soak.soak(BUNDLE, 800)
    assert (outcome["different_answers"], outcome["passed"]) == (soak.CLIENTS, False)


def test_the_committed_report_is_of_a_million_texts() -> None:
    found = json.loads(REPORT.read_text())
    assert found["passed"]
    assert found["texts"] >= soak.TEXTS
    assert found["memory_mb"]["growth"] <= soak.FLAT_MB
    assert found["above_runtime"]["memory_mb"] <= 5
    assert found["above_runtime"]["import_ms"][1] <= 50
