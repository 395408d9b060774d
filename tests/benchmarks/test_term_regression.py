"""The regressions on a few made-up reviews: they learn what they should, and their files are complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.term_regression import TermRegression, fit_ngram_regression, fit_tfidf_regression

TEXTS = ["A good film.", "a GOOD, good plot<br />", "not good", "not good at all: bad", "a bad film", "good fun"] * 4
GOOD = np.array([True, True, False, False, False, True] * 4)
ASKED = ["good", "Not good!", "a bad plot", "unheard-of", "", "a good good film at all"]

Logit = Callable[[list[str], dict[str, int], dict[str, np.ndarray]], float]


def grams(words: list[str], longest: int) -> list[str]:
    return [" ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1)]


def ngram_logit(words: list[str], number: dict[str, int], file: dict[str, np.ndarray]) -> float:
    return sum(float(file["weights"][number[gram]]) for gram in set(grams(words, 3)) if gram in number)


def tfidf_logit(words: list[str], number: dict[str, int], file: dict[str, np.ndarray]) -> float:
    counts = Counter(number[word] for word in words if word in number)
    values = {term: count * float(file["idf"][term]) for term, count in counts.items()}
    norm = sum(value**2 for value in values.values()) ** 0.5 or 1.0
    return sum(value / norm * float(file["weights"][term]) for term, value in values.items())


@pytest.mark.parametrize(
    ("fit", "logit", "arrays"),
    [
        (fit_ngram_regression, ngram_logit, {"terms", "weights", "intercept"}),
        (fit_tfidf_regression, tfidf_logit, {"terms", "weights", "intercept", "idf"}),
    ],
)
def test_the_file_holds_all_that_answering_takes(
    tmp_path: Path, fit: Callable[..., TermRegression], logit: Logit, arrays: set[str]
) -> None:
    regression = fit(TEXTS, GOOD)
    regression.write(tmp_path / "model.npz")
    file = dict(np.load(tmp_path / "model.npz"))
    assert set(file) == arrays
    assert {file[name].dtype for name in arrays - {"terms"}} == {np.dtype(np.float32)}
    terms = file["terms"].tobytes().decode().split("\n")
    assert len(terms) == len(file["weights"]) == len(regression.weights)
    number = {term: position for position, term in enumerate(terms)}
    answers = regression.probabilities(ASKED)
    assert answers.shape == (len(ASKED), 2)
    assert answers.dtype == np.float32
    for text, answer in zip(ASKED, answers, strict=True):
        words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
        expected = 1 / (1 + np.exp(-(logit(words, number, file) + float(file["intercept"]))))
        assert answer == pytest.approx([1 - expected, expected], abs=1e-6)


def test_pairs_and_triples_separate_texts_that_words_cannot() -> None:
    good = fit_ngram_regression(TEXTS, GOOD).probabilities(["good", "not good"])[:, 1]
    assert good[0] > 0.5 > good[1]


def test_ngrams_of_a_single_text_are_left_out() -> None:
    regression = fit_ngram_regression([*TEXTS, "seldom seen"], np.append(GOOD, True))
    assert not any("seldom" in term for term in regression.vectorizer.get_feature_names_out())
