"""The measurement of rejection: its texts, and the figures that are recorded and shown."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("keras")

from benchmarks.rejection import LEAST_WORDS, RATES, foreign_sentences

ROOT = Path(__file__).parents[2]


def test_sentences_are_distinct_and_long_enough():
    texts = foreign_sentences()
    assert len(texts) == len(set(texts)) > 5000
    assert min(len(re.findall(r"[A-Za-z']{2,}", text)) for text in texts) >= LEAST_WORDS
    assert texts == tuple(sorted(texts))


def test_every_recorded_rate_was_held_within_a_point_on_fresh_texts():
    document = json.loads((ROOT / "docs/reports/rejection.json").read_text())
    page = (ROOT / "docs/guide/decide.md").read_text(encoding="utf-8")
    assert [row["rate"] for row in document["rates"]] == list(RATES)
    for row in document["rates"]:
        assert row["fresh_accepted"] / row["fresh"] == row["fresh_share"]
        assert abs(row["fresh_share"] - row["rate"]) < 0.01
        low, high = row["fresh_interval_95"]
        shown = f"| {row['rate']:.0%} | {row['fresh_share']:.2%} ({low * 100:.2f} to {high * 100:.2f}) |"
        assert shown.replace("%", " %") in page
