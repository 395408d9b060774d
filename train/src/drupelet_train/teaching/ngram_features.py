"""The n-grams of texts: runs of one, two and three words, and where they occur.

Words, pairs and triples share one numbering. An n-gram counts once in a text, however often it occurs. Its first occurrence
is therefore marked, in a way that serves for any piece of the text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drupelet_train.words.token_texts import Ints, TokenTexts

LONGEST = 3
"""Words in the longest n-gram."""

NEVER = -1
"""Value of ``previous`` at a first occurrence, and of ``features`` where an n-gram is too rare or would leave its text."""


@dataclass(frozen=True)
class NgramFeatures:
    """``features`` and ``previous`` (LONGEST, tokens) int32: row n - 1 describes the n words that start at a token.

    ``features`` is the number of the n-gram; ``previous`` is the token where the same n-gram last started in the same text.
    ``count`` is the number of features.
    """

    features: npt.NDArray[np.int32]
    previous: npt.NDArray[np.int32]
    count: int


def ngram_features(texts: TokenTexts, min_texts: int) -> NgramFeatures:
    """The n-grams of ``texts`` that occur in at least ``min_texts`` of them."""
    tokens = len(texts.numbers)
    text_of_token = texts.text_of_token
    features = np.full((LONGEST, tokens), NEVER, np.int32)
    previous = np.full((LONGEST, tokens), NEVER, np.int32)
    shorter = texts.numbers.astype(np.int64)
    count = 0
    for n in range(1, LONGEST + 1):
        # The n-gram is the (n - 1)-gram that starts here and the word after it.
        starts = _starts(text_of_token, n)
        keys = shorter[starts] * len(texts.words) + texts.numbers[starts + n - 1] if n > 1 else shorter[starts]
        distinct, dense = np.unique(keys, return_inverse=True)
        previous[n - 1, starts] = _previous(dense, text_of_token[starts], starts)
        first = previous[n - 1, starts] == NEVER
        common = np.bincount(dense[first], minlength=len(distinct)) >= min_texts
        number = np.where(common, np.cumsum(common) - 1 + count, NEVER)
        features[n - 1, starts] = number[dense]
        count += int(common.sum())
        shorter = np.zeros(tokens, np.int64)
        shorter[starts] = dense
    return NgramFeatures(features, previous, count)


def _starts(text_of_token: Ints, n: int) -> Ints:
    """The tokens at which n words start that belong to one text."""
    return np.flatnonzero(text_of_token[: len(text_of_token) - n + 1] == text_of_token[n - 1 :])


def _previous(dense: Ints, text: Ints, starts: Ints) -> Ints:
    """(occurrences,) int64: the token where the same n-gram last started in the same text, else NEVER."""
    order = np.lexsort((dense, text))  # stable: occurrences of one n-gram in one text stay in their order
    same = (dense[order[1:]] == dense[order[:-1]]) & (text[order[1:]] == text[order[:-1]])
    before = np.full(len(dense), NEVER, np.int64)
    before[order[1:][same]] = starts[order[:-1][same]]
    return before
