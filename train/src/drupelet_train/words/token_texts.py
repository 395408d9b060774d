"""Texts as numbers of words, all of them, end to end: what pieces are cut from and n-grams counted in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TokenTexts:
    """``numbers`` (tokens,) int32 into ``words``, text after text; text i is ``numbers[starts[i]:starts[i + 1]]``.

    ``starts``: (texts + 1,) int64. Unlike the ids of a vocabulary, every word has a number of its own.
    """

    numbers: npt.NDArray[np.int32]
    starts: Ints
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Ints:
        """(texts,) int64, in tokens."""
        return np.diff(self.starts)

    @property
    def text_of_token(self) -> Ints:
        """(tokens,) int64: the text that every token belongs to."""
        return np.repeat(np.arange(len(self)), self.lengths)


def number_tokens(texts: Iterable[str], words_of: Callable[[str], list[str]]) -> TokenTexts:
    """The tokens of ``texts``, numbered in the order in which words first occur. ``words_of`` splits a text."""
    number_of: dict[str, int] = {}
    numbers: list[int] = []
    starts = [0]
    for text in texts:
        numbers += [number_of.setdefault(word, len(number_of)) for word in words_of(text)]
        starts.append(len(numbers))
    return TokenTexts(np.array(numbers, np.int32), np.array(starts, np.int64), tuple(number_of))
