"""What the server takes above the runtime."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks import serve_costs

BUNDLE = Path(__file__).parents[2] / "artifacts" / "imdb-nano"


def test_memory_is_that_of_the_process() -> None:
    assert 1 < serve_costs.resident_mb(os.getpid()) < 10_000


def test_quartiles() -> None:
    assert serve_costs.quartiles([3.0, 1.0, 2.0]) == [1.0, 2.0, 3.0]


@pytest.mark.slow
def test_costs_of_a_bundle(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("waitress")
    monkeypatch.setattr(serve_costs, "REPEATS", 2)
    assert serve_costs.main([str(BUNDLE)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["memory_mb"] == pytest.approx(found["server_mb"][1] - found["runtime_mb"][1], abs=0.02)
    assert found["import_ms"][1] > 0


@pytest.mark.slow
def test_a_server_that_does_not_start_is_said(tmp_path: Path) -> None:
    pytest.importorskip("waitress")
    with pytest.raises(RuntimeError, match="ended with exit status 2"):
        serve_costs.RunningServer(tmp_path / "none")
