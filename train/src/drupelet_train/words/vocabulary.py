"""The vocabulary: the id of every word."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drupelet.bounded_read import read_at_most
from drupelet.errors import FormatError
from drupelet.strict_json import parse_strings
from drupelet_train.atomic import replace_text

PADDING_ID = 0
UNKNOWN_ID = 1
MAX_VOCABULARY_BYTES = 1 << 26
"""Most bytes of a vocabulary file: as of other JSON documents of a run. A million words have 12 MB."""
RESERVED = ("", "[UNK]")
"""The tokens of the first two ids: of padding, and of all words that the vocabulary lacks."""


@dataclass(frozen=True)
class Vocabulary:
    """``tokens[id]`` is the word of an id; the first two are ``RESERVED``."""

    tokens: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.tokens[: len(RESERVED)] != RESERVED or len(set(self.tokens)) != len(self.tokens):
            raise ValueError("a vocabulary starts with the reserved tokens and names each token once")

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: token_id for token_id, token in enumerate(self.tokens) if token_id >= len(RESERVED)}

    def ids(self, words: Iterable[str]) -> list[int]:
        """The id of every word, ``UNKNOWN_ID`` for those that the vocabulary lacks."""
        known = self._ids
        return [known.get(word, UNKNOWN_ID) for word in words]

    def write(self, path: Path) -> None:
        """Writes a JSON list of the tokens in the order of their ids, a token a line, in UTF-8; whatever characters they hold.

        Tokens with characters that nobody sees, or that no UTF-8 holds, are written with escapes.
        """
        tokens = ",\n".join(json.dumps(token, ensure_ascii=not token.isprintable()) for token in self.tokens)
        replace_text(path, f"[\n{tokens}\n]\n")

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """The vocabulary in the file that :meth:`write` wrote. Raises FormatError for anything else."""
        try:
            with path.open("rb") as file:
                content = read_at_most(file, MAX_VOCABULARY_BYTES)
            if len(content) > MAX_VOCABULARY_BYTES:
                raise FormatError(f"{path}: has more than {MAX_VOCABULARY_BYTES} bytes; train into a new folder")
            tokens = parse_strings(content, str(path))
        except OSError as error:
            raise FormatError(f"{path}: cannot be read ({error.strerror}); train into a new folder") from error
        try:
            return cls(tokens)
        except ValueError as error:
            raise FormatError(f"{path}: {error}; put back a whole copy, or train into a new folder") from error


def most_telling(
    text_counts: npt.NDArray[np.int64], words: Sequence[str], counts: Counter[str], vocabulary_size: int
) -> Vocabulary:
    """The ``vocabulary_size - 2`` words that tell most about the class, by descending frequency, ties alphabetically.

    A word tells as much as the product of two numbers: the number of texts that have it, and the magnitude of its naive
    Bayes log ratio for the class where that is largest. ``text_counts`` (classes, words) int64 is the number of texts of
    a class that have the word; ``counts`` has the occurrences of each word.
    """
    with_word = text_counts + 1.0
    others = with_word.sum(axis=0) - with_word
    ratios = np.log(with_word / with_word.sum(axis=1, keepdims=True)) - np.log(
        others / others.sum(axis=1, keepdims=True)
    )
    telling = text_counts.sum(axis=0) * np.abs(ratios).max(axis=0)
    best = sorted(range(len(words)), key=lambda number: (-telling[number], words[number]))
    chosen = [words[number] for number in best if words[number] not in RESERVED][: vocabulary_size - len(RESERVED)]
    return Vocabulary(RESERVED + tuple(sorted(chosen, key=lambda word: (-counts[word], word))))


def most_frequent(counts: Counter[str], vocabulary_size: int) -> Vocabulary:
    """The ``vocabulary_size - 2`` most frequent words, by descending frequency, ties in alphabetical order."""
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    words = [word for word in ranked if word not in RESERVED]
    return Vocabulary(RESERVED + tuple(words[: vocabulary_size - len(RESERVED)]))
