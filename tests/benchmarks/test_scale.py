"""What other machines take follows from what was measured and predicted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import scale, score_rows

ROOT = Path(__file__).parents[2]

RUN = {"texts": "reviews", "rows": 1_000_000, "kind": "jobs"}
SCORE = {
    "read_rows_per_s": 150_000,
    "runs": [
        {**RUN, "workers": 1, "rows_per_s": 20_000},
        {**RUN, "workers": 2, "rows_per_s": 36_000},
        {**RUN, "kind": "ray", "workers": 1, "rows_per_s": 1},
        {**RUN, "rows": 100_000, "workers": 1, "rows_per_s": 1},
    ],
}
CYCLES = {
    "processors": [
        {"device": "Pi 4", "weight_range": 127, "us_per_review": 500},
        {"device": "Pi 4", "weight_range": 63, "us_per_review": 400},
    ]
}


def test_rates_are_divided_from_the_reports() -> None:
    rates = [rate for _, _, rate, _ in scale.lines(SCORE, CYCLES)]
    assert rates == pytest.approx([20_000, 36_000, 150_000, 360_000, 2_000, 7_200, 720_000])


def test_the_table_says_how_long_a_million_take() -> None:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in scale.table(SCORE, CYCLES).splitlines()]
    assert cells[2] == ["a workstation, one core", "score", "20,000", "50.0 s", "measured"]
    assert cells[6] == ["a Pi 4, one core", "predict", "2,000", "8 min", "predicted"]


def test_the_page_has_the_table_of_the_reports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert scale.main([]) == 0
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out in page
    report = json.loads((ROOT / "docs" / "reports" / "score.json").read_text(encoding="utf-8"))
    assert score_rows.table(report["runs"]).strip("\n") in page
