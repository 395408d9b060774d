"""Texts as word numbers, one after the other in one array: pieces are cut from it, and n-grams counted in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TokenTexts:
    """``numbers`` (tokens,) int32 into ``words``, text after text. Text i is ``numbers[starts[i]:starts[i + 1]]``.

    ``starts``: (texts + 1,) int64. Every word of the texts has a number of its own; a vocabulary would give rare words one
    id in common.
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
        """(tokens,) int64: the text of every token."""
        return np.repeat(np.arange(len(self)), self.lengths)


def number_tokens(texts: Iterable[str], words_of: Callable[[str], list[str]]) -> TokenTexts:
    """Splits ``texts`` with ``words_of``, and numbers the words in the order in which they first occur."""
    number_of: dict[str, int] = {}
    numbers: list[int] = []
    starts = [0]
    for text in texts:
        numbers += [number_of.setdefault(word, len(number_of)) for word in words_of(text)]
        starts.append(len(numbers))
    return TokenTexts(np.array(numbers, np.int32), np.array(starts, np.int64), tuple(number_of))
