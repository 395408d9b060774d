"""Logistic regressions on the terms of whole reviews, with fixed recipes. Small networks are compared with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from drupelet.text.named import ALNUM
from drupelet.text.words import splitter
from drupelet_train.atomic import replacing
from drupelet_train.teaching.ngram_features import LONGEST
from drupelet_train.teaching.ngram_teacher import MIN_TEXTS, fit_weighted_regression

MAX_ITERATIONS = 1000
"""Maximum iterations, enough for the solver to converge. Everything else in the TF-IDF regression is scikit-learn's default."""

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TermRegression:
    """A regression for two classes. ``weights`` (terms,) float32: the logit of the second class for each vectorizer column."""

    vectorizer: Any
    weights: Float32
    intercept: float

    def probabilities(self, texts: Sequence[str]) -> Float32:
        """The probabilities of texts, (texts, 2) float32."""
        second = expit(self.vectorizer.transform(texts) @ self.weights + self.intercept)
        return np.stack([1.0 - second, second], axis=1).astype(np.float32)

    def write(self, path: Path) -> None:
        """Writes everything that answering needs into a compressed .npz file: terms as text, numbers as float32."""
        terms = "\n".join(self.vectorizer.get_feature_names_out())
        content: dict[str, Any] = {
            "terms": np.frombuffer(terms.encode(), np.uint8),
            "weights": self.weights,
            "intercept": np.float32(self.intercept),
        }
        if isinstance(self.vectorizer, TfidfVectorizer):
            content["idf"] = self.vectorizer.idf_.astype(np.float32)
        with replacing(path) as temporary:
            np.savez_compressed(temporary, **content)


def fit_ngram_regression(texts: Sequence[str], second: npt.NDArray[np.bool_]) -> TermRegression:
    """A regression on the presence of words, pairs and triples, weighted by naive Bayes.

    ``second`` (texts,) bool: true for texts of the second class.
    """
    vectorizer = CountVectorizer(
        **_our_words(), ngram_range=(1, LONGEST), binary=True, min_df=MIN_TEXTS, dtype=np.float32
    )
    return TermRegression(vectorizer, *fit_weighted_regression(vectorizer.fit_transform(texts), second))


def fit_tfidf_regression(texts: Sequence[str], second: npt.NDArray[np.bool_]) -> TermRegression:
    """scikit-learn's default regression on TF-IDF of words. ``second`` (texts,) bool: true for texts of the second class."""
    vectorizer = TfidfVectorizer(**_our_words())
    regression = LogisticRegression(max_iter=MAX_ITERATIONS).fit(vectorizer.fit_transform(texts), second)
    return TermRegression(vectorizer, regression.coef_[0].astype(np.float32), float(regression.intercept_[0]))


def _our_words() -> dict[str, Any]:
    """The options of a vectorizer that make it split texts into the same words as every other system."""
    return {"tokenizer": splitter(ALNUM), "token_pattern": None, "lowercase": False}
