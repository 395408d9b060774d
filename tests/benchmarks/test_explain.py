"""Explanations are judged by what is lost without their words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import drupelet
from benchmarks import explain

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
REVIEW = "a quiet, wonderful film and a lovely ending, though the second hour is dull and badly acted " * 3


@pytest.fixture(scope="module")
def judge() -> explain.Judge:
    return explain.Judge(drupelet.load(ARTIFACTS / "imdb-nano", engine="native"))


@pytest.fixture(scope="module")
def ids() -> list[int]:
    return drupelet.load(ARTIFACTS / "imdb-nano", engine="native").encode(REVIEW)


@pytest.mark.parametrize("name", explain.RANKINGS)
def test_a_ranking_has_each_id_once(judge: explain.Judge, ids: list[int], name: str) -> None:
    assert sorted(explain.RANKINGS[name](judge, ids, 1)) == list(range(len(ids)))


def test_the_first_word_by_absence_is_the_one_that_costs_most(judge: explain.Judge, ids: list[int]) -> None:
    label = judge.label_of(ids)
    first = judge.lost(ids, label, judge.by_absence(ids, label))[0]
    for place in range(len(ids)):
        assert judge.lost(ids, label, [place, *range(place), *range(place + 1, len(ids))])[0] <= first + 1e-6


def test_a_repeated_sum_begins_like_the_sum(judge: explain.Judge, ids: list[int]) -> None:
    count = explain.WORDS_A_PASS
    assert judge.by_share_again(ids, 1)[:count] == judge.by_share(ids, 1)[:count]


def test_a_report_has_a_row_for_each_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    bundle = str(ARTIFACTS / "imdb-nano")
    assert explain.main([bundle, bundle, "--reviews", "8", "--json", str(report)]) == 0
    document = json.loads(report.read_text())
    assert [row["bundle"] for row in document["rows"]] == ["imdb-nano", "imdb-nano"]
    lost = document["rows"][0]["probability_lost"]
    assert set(lost) == set(explain.RANKINGS)
    assert [found["words"] for found in lost["sum"]] == list(explain.WORDS_GONE)
    assert lost["leave one out"][4]["mean"] > lost["random"][4]["mean"]
    assert "imdb-nano: leaving each of" in capsys.readouterr().out


def test_the_committed_report_reaches_its_aims() -> None:
    document = json.loads((ARTIFACTS.parent / "docs" / "reports" / "explain.json").read_text())
    for row in document["rows"]:
        after_ten = {
            name: found[explain.WORDS_GONE.index(10)]["mean"] for name, found in row["probability_lost"].items()
        }
        assert after_ten["leave one out"] >= 0.4
        assert after_ten["random"] < 0.05
        assert row["cost_in_passes"]["share"] <= 10
        assert row["cost_in_passes"]["leave_one_out"] < row["words_mean"]
