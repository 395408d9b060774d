"""Which runs of one, two and three words occur where.

Words, pairs and triples share one numbering. A feature of a text is there or not, however often it occurs, so what counts
is its first occurrence: in a whole text, or in any piece of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drupelet_train.words.token_texts import Ints, TokenTexts

LONGEST = 3
"""Words in the longest n-gram."""

NEVER = -1
"""``previous`` of a first occurrence; ``features`` where an n-gram would leave its text or is too rare."""


@dataclass(frozen=True)
class NgramFeatures:
    """``features`` and ``previous`` (LONGEST, tokens) int32: row n - 1 is about the n words that start at a token.

    ``features`` numbers the n-gram, ``previous`` is the token at which the same n-gram started last in the same text.
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
        # The n-gram is the one shorter that starts here and the word behind that.
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
    """The tokens at which n words of one text start."""
    return np.flatnonzero(text_of_token[: len(text_of_token) - n + 1] == text_of_token[n - 1 :])


def _previous(dense: Ints, text: Ints, starts: Ints) -> Ints:
    """(occurrences,) int64: where the same n-gram started before in the same text, else NEVER."""
    order = np.lexsort((dense, text))  # stable: occurrences of one n-gram in one text stay in their order
    same = (dense[order[1:]] == dense[order[:-1]]) & (text[order[1:]] == text[order[:-1]])
    before = np.full(len(dense), NEVER, np.int64)
    before[order[1:][same]] = starts[order[:-1][same]]
    return before
