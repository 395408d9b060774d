"""scikit-learn's vectorizer of words, pairs and triples, and a regression on it."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from benchmarks.compare.answering.words import words_of

LONGEST = 3
LABELS = ("negative", "positive")


class Answerer:
    """A vectorizer with given terms, and the weight of each."""

    def __init__(self, folder: str) -> None:
        with np.load(f"{folder}/ngram_regression.npz") as stored:
            terms = stored["terms"].tobytes().decode().split("\n")
            self._weights, self._intercept = stored["weights"], float(stored["intercept"])
        self._vectorizer = CountVectorizer(
            tokenizer=words_of, token_pattern=None, lowercase=False, ngram_range=(1, LONGEST), binary=True,
            dtype=np.float32, vocabulary={term: number for number, term in enumerate(terms)},
        )  # fmt: skip

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str:
        return self.labels([text])[0]

    def labels(self, texts: list[str]) -> list[str]:
        logits = self._vectorizer.transform(texts) @ self._weights + self._intercept
        return [LABELS[int(logit > 0)] for logit in logits]

    def about(self) -> str:
        return "texts of a call together"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder)
