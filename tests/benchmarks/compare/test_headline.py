"""The headline compares what ships with the quickest of each kind, round by round."""

from __future__ import annotations

import pytest

from benchmarks.compare.headline import headline, readers_apart
from benchmarks.compare.reports import report


def test_ours_against_the_quickest_engine_and_the_quickest_reader() -> None:
    lines = headline(report())
    assert lines[2:6] == [
        "| a whole review, from the text to the label | µs | against Quicker elsewhere | against Quick reader |",
        "| --- | --- | --- | --- |",
        "| **Ours** | 100 | 0.25 (0.25 to 0.25) | 2.5 (2.5 to 2.5) |",
        "| **Tiny** | 40 | 0.1 (0.1 to 0.1) | 1 (1 to 1) |",
    ]
    assert lines[-1] == "The packages that read fastText's model are within 25 % of each other."


def test_without_the_others_there_is_no_headline() -> None:
    alone = report()
    alone["peers"] = [row for row in alone["peers"] if row["family"] == "drupelet"]
    assert headline(alone) == []


def test_one_reader_is_not_apart_from_itself() -> None:
    assert readers_apart({"fasttext-predict": [1.0]}) is None
    assert readers_apart({"fasttext-predict": [1.0, 3.0], "fasttext-turbo": [2.2]}) == pytest.approx(0.1)
