"""A teacher of n-grams: logistic regression on words, pairs and triples, each weighted by naive Bayes.

The method is that of Wang and Manning: *Baselines and Bigrams: Simple, Good Sentiment and Topic Classification*, ACL 2012,
with logistic regression in place of their support vector machine. The logit of a text is a sum over its n-grams, so that any
piece of the text has a logit too.

A text is labelled by a regression that was fitted without it and its neighbours (out of fold). No regression is fitted on the
texts of no fold; they are labelled by the mean of all regressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from drupelet_train.teaching.folds import NO_FOLD, Folds
from drupelet_train.teaching.ngram_features import LONGEST, NEVER, NgramFeatures, ngram_features
from drupelet_train.teaching.pieces import PIECES_AT_ONCE, Pieces, token_runs
from drupelet_train.words.token_texts import Ints, TokenTexts

MIN_TEXTS = 2
"""Smallest number of texts that an n-gram occurs in. An n-gram of one text tells nothing about other texts."""

INVERSE_PENALTY = 0.3
"""``C`` of the regression. On IMDB's validation reviews, 0.03, 0.3 and 4 give accuracies of 0.9052, 0.9057 and 0.9048, and
losses of 0.267, 0.251 and 0.284."""


@dataclass(frozen=True)
class NgramTeacher:
    """``weights`` (columns, LONGEST, tokens) float32: the weight of each n-gram in a logit, by the token where it starts.

    ``intercepts`` (columns, texts) float32. There is one column for two classes, else a column per class.
    """

    texts: TokenTexts
    features: NgramFeatures
    weights: npt.NDArray[np.float32]
    intercepts: npt.NDArray[np.float32]

    def logits(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        """(pieces, classes) float32. An n-gram counts once in each part of a piece."""
        parts = pieces.starts.shape[1]
        sums = np.empty((len(self.weights), len(pieces)), np.float32)
        for first in range(0, len(pieces), PIECES_AT_ONCE):
            some = pieces.select(np.arange(first, min(first + PIECES_AT_ONCE, len(pieces))))
            sums[:, first : first + len(some)] = self._sums(some.starts.ravel(), some.stops.ravel(), parts)
        lengths = np.maximum(pieces.lengths, 1)
        shares = (pieces.stops - pieces.starts) / lengths[:, None]
        logits = (sums + (self.intercepts[:, pieces.texts] * shares).sum(axis=2)).T.astype(np.float32)
        return np.concatenate([-logits / 2, logits / 2], axis=1) if len(self.weights) == 1 else logits

    def _sums(self, starts: Ints, stops: Ints, parts: int) -> npt.NDArray[np.float64]:
        tokens, runs = token_runs(starts, stops)
        sums = np.zeros((len(self.weights), len(starts) // parts))
        for n in range(1, LONGEST + 1):
            inside = (tokens + n <= stops[runs]) & (self.features.previous[n - 1, tokens] < starts[runs])
            owners = runs[inside] // parts
            for column, weights in enumerate(self.weights):
                sums[column] += np.bincount(owners, weights[n - 1, tokens[inside]], minlength=sums.shape[1])
        return sums


def fit_ngram_teacher(texts: TokenTexts, label_ids: npt.NDArray[np.int32], folds: Folds, classes: int) -> NgramTeacher:
    """Fits the teacher of ``texts``. ``label_ids``: (texts,) int32; those of texts in no fold are not used."""
    features = ngram_features(texts, MIN_TEXTS)
    matrix = _presence(texts, features)
    columns = [1] if classes == 2 else list(range(classes))
    weights = np.zeros((len(columns), LONGEST, len(texts.numbers)), np.float32)
    intercepts = np.zeros((len(columns), len(texts)), np.float32)
    text_of_token = texts.text_of_token
    for column, label_id in enumerate(columns):
        right = label_ids == label_id
        rows_of = [folds.outside(fold) for fold in range(folds.count)]
        fitted = [fit_weighted_regression(matrix[rows], right[rows]) for rows in rows_of]
        mean = np.mean([table for table, _ in fitted], axis=0), np.mean([intercept for _, intercept in fitted])
        tables: list[tuple[int, tuple[Any, Any]]] = [*enumerate(fitted), (NO_FOLD, mean)]
        for fold, (table, intercept) in tables:
            members = folds.of_text == fold
            intercepts[column, members] = intercept
            tokens = np.flatnonzero(members[text_of_token])
            numbers = features.features[:, tokens]
            # NEVER is -1: the appended weight, 0, after that of the last feature.
            weights[column][:, tokens] = np.append(table, np.float32(0.0))[numbers]
    return NgramTeacher(texts, features, weights, intercepts)


def _presence(texts: TokenTexts, features: NgramFeatures) -> scipy.sparse.csr_matrix:
    """(texts, features) float32: 1 if the text has the n-gram."""
    n, tokens = np.nonzero((features.features != NEVER) & (features.previous == NEVER))
    places = (texts.text_of_token[tokens], features.features[n, tokens])
    return scipy.sparse.csr_matrix((np.ones(len(n), np.float32), places), shape=(len(texts), features.count))


def fit_weighted_regression(
    presence: scipy.sparse.csr_matrix, right: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float32], float]:
    """Weights (features,) float32 and intercept of the regression of one class against all others.

    ``presence``: (texts, features) float32, 1 if the text has the n-gram; ``right``: (texts,) bool, True if the text is of
    the class. The input of the regression is presence times the naive Bayes log ratio of the feature, and the returned
    weights include that ratio. Without any feature, or with texts on one side only, the weights are 0, and the intercept is
    the logit of the frequency of the class by Laplace's rule.
    """
    of_class, of_others = int(right.sum()), int((~right).sum())
    if presence.shape[1] == 0 or not of_class or not of_others:
        return np.zeros(presence.shape[1], np.float32), float(np.log((of_class + 1) / (of_others + 1)))
    with_it = 1.0 + np.asarray(presence[right].sum(axis=0)).ravel()
    without = 1.0 + np.asarray(presence[~right].sum(axis=0)).ravel()
    ratios = np.log(with_it / with_it.sum() / (without / without.sum())).astype(np.float32)
    regression = LogisticRegression(C=INVERSE_PENALTY, solver="liblinear", dual=True, max_iter=1000, random_state=0)
    regression.fit(presence @ scipy.sparse.diags(ratios), right)
    return (ratios * regression.coef_[0]).astype(np.float32), float(regression.intercept_[0])
