"""The plain Python of other engines gives the words and ids that Drupelet gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.compare.answering.words import Vocabulary, groups_of_like_length, words_of
from drupelet.text.named import ALNUM
from drupelet.text.words import splitter

TEXTS = [
    "A quiet, WONDERFUL film<br />It's 10/10!",
    "",
    "... !?",
    "naïve café \u0130stanbul stra\u00dfe \u212a",
    "tab\tline\nnext\x85nel\u3000wide \u00a0 no-break",
    "日本語 mixed 中 a1b2",
]


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_the_rules(text: str) -> None:
    assert words_of(text) == list(splitter(ALNUM)(text))


@pytest.mark.parametrize(
    ("most", "ids"), [(None, [2, 3, 1, 4, 2]), (4, [2, 3, 4, 2]), (3, [2, 3, 2]), (5, [2, 3, 1, 4, 2])]
)
def test_ids_are_the_first_and_the_last(tmp_path: Path, most: int | None, ids: list[int]) -> None:
    settings = {"labels": ["x"], "words": [None, None, "a", "b", "c"], "unknown_id": 1, "max_tokens": most}
    (tmp_path / "text.json").write_text(json.dumps(settings))
    vocabulary = Vocabulary(str(tmp_path))
    assert vocabulary.ids("a b Odd c a") == ids
    assert vocabulary.ids("!") == [1]


def test_texts_of_like_length_run_together() -> None:
    assert groups_of_like_length([5, 100, 5, 6], 64, 1.125) == [[0, 2, 3], [1]]
    assert groups_of_like_length([5, 100, 5, 6], 2, 1.125) == [[0, 2], [3], [1]]
    assert groups_of_like_length([5, 6, 5], 64, 1.0) == [[0, 2], [1]]
    assert groups_of_like_length([], 64, 1.0) == []
