"""Texts have exactly the tokens that their name says."""

from __future__ import annotations

import pytest

from benchmarks.compare.workloads import FULL, QUICK, length_texts, spread_texts
from drupelet.text.named import ALNUM
from drupelet.text.words import splitter


def test_texts_run_over_the_ends_of_reviews() -> None:
    found = length_texts(["one two three", "four -- five", "six"], 2, 3)
    assert found == ["one two", "three four", "-- five six"]
    assert [len(splitter(ALNUM)(text)) for text in found] == [2, 2, 2]
    with pytest.raises(ValueError, match="have 3 pieces of 2 tokens, expected 4"):
        length_texts(["one two three", "four -- five", "six"], 2, 4)


def test_texts_are_spread_over_all() -> None:
    assert spread_texts(list("abcdefgh"), 4) == ["a", "c", "e", "g"]


def test_the_lengths_are_those_that_people_ask_for() -> None:
    assert list(FULL.lengths) == [5, 20, 100, 250, 1000]
    assert set(QUICK.lengths) <= set(FULL.lengths)
