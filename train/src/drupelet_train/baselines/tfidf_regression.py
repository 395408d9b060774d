"""Logistic regression on TF-IDF of words and pairs of words: what most people try first, and hard to beat on few texts.

TF-IDF is that of scikit-learn with ``sublinear_tf``: 1 + ln(occurrences), times 1 + ln((1 + texts) / (1 + texts with it)), each
text divided by its length. It is counted in arrays here, from texts that are numbered already, because a vectorizer takes
longer to make strings of pairs than the regression takes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from drupelet_train.baselines.questions import BaselineError, Decisions, Question, one_label
from drupelet_train.words.token_texts import TokenTexts

NAME = "TF-IDF regression"

INVERSE_PENALTY = 4.0
"""``C`` of the regression. With 1, 4 and 10, 3,000 sentences of Rotten Tomatoes give accuracies of 0.724, 0.728 and 0.729 on
others, 10,000 IMDB reviews 0.878, 0.886 and 0.887."""

MIN_TEXTS_OF_A_PAIR = 2
"""Smallest number of training texts that a pair stands in. Nine in ten stand in one, and tell nothing about others."""

MAX_LABELS = 200
"""Most labels for which regressions are fitted, one each."""


def answer(question: Question) -> Decisions:
    """The answers. Raises BaselineError for more labels than regressions are fitted for."""
    count = question.labels.shape[1]
    if count > MAX_LABELS:
        raise BaselineError(
            f"{NAME}: not fitted for {count:,} labels, at most for {MAX_LABELS}, each of which takes one"
        )
    matrix = tfidf(question.texts, question.training)
    learnt, asked = matrix[: question.training], matrix[question.training :]
    labels = question.labels
    columns = [1] if labels.shape[1] == 2 and not question.each else list(range(labels.shape[1]))
    scores = np.stack([_scores(learnt, labels[:, column], asked, question.weights) for column in columns], axis=1)
    if question.each:
        return np.asarray(scores >= 0.0, np.bool_)
    return one_label(np.concatenate([-scores, scores], axis=1) if len(columns) == 1 else scores)


def _scores(
    learnt: scipy.sparse.csr_matrix,
    right: npt.NDArray[np.bool_],
    asked: scipy.sparse.csr_matrix,
    weights: npt.NDArray[np.float32] | None,
) -> npt.NDArray[np.float64]:
    """(texts,) float64: the logit of one label for the texts that are asked."""
    counted = np.ones(len(right), np.bool_) if weights is None else weights > 0
    if learnt.shape[1] == 0 or right[counted].all() or not right[counted].any():
        return np.full(asked.shape[0], np.log((right[counted].sum() + 1) / ((~right[counted]).sum() + 1)))
    regression = LogisticRegression(C=INVERSE_PENALTY, solver="liblinear", dual=True, max_iter=1000, random_state=0)
    regression.fit(learnt, right, sample_weight=weights)
    return np.asarray(regression.decision_function(asked), np.float64)


def tfidf(texts: TokenTexts, training: int) -> scipy.sparse.csr_matrix:
    """(texts, features) float64, of the words of the first ``training`` texts and of the pairs that two of them have."""
    text_of_token = texts.text_of_token
    together = text_of_token[:-1] == text_of_token[1:]
    pairs = texts.numbers[:-1].astype(np.int64) * max(1, len(texts.words)) + texts.numbers[1:]
    words = _counts(texts.numbers.astype(np.int64), text_of_token, len(texts), training, 1)
    both = _counts(pairs[together], text_of_token[:-1][together], len(texts), training, MIN_TEXTS_OF_A_PAIR)
    counts = scipy.sparse.hstack([words, both], format="csr")
    with_it = np.bincount(counts[:training].indices, minlength=counts.shape[1])
    counts.data = 1.0 + np.log(counts.data)
    weighted = counts @ scipy.sparse.diags(1.0 + np.log((1 + training) / (1 + with_it)))
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return scipy.sparse.csr_matrix(scipy.sparse.diags(1.0 / np.maximum(lengths, 1e-12)) @ weighted)


def _counts(
    keys: npt.NDArray[np.int64], text_of_key: npt.NDArray[np.int64], texts: int, training: int, min_texts: int
) -> scipy.sparse.csr_matrix:
    """(texts, features) float64: the occurrences of each key that stands in ``min_texts`` training texts."""
    distinct, dense = np.unique(keys, return_inverse=True)
    counts = scipy.sparse.csr_matrix((np.ones(len(keys)), (text_of_key, dense)), shape=(texts, len(distinct)))
    counts.sum_duplicates()
    with_it = np.bincount(counts[:training].indices, minlength=len(distinct))
    return scipy.sparse.csr_matrix(counts[:, np.flatnonzero(with_it >= min_texts)])
