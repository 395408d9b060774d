"""Pieces of texts: whole texts, crops, and mixtures of two crops.

A piece is one run of tokens or two, each within one text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drupelet_train.words.id_matrix import IdMatrix
from drupelet_train.words.token_texts import Ints, TokenTexts
from drupelet_train.words.vocabulary import PADDING_ID

PIECES_AT_ONCE = 8192
"""Pieces that are turned into tokens at a time. It limits memory: some 2 million tokens, 61 bytes each."""


@dataclass(frozen=True)
class Pieces:
    """``texts``, ``starts``, ``stops`` (pieces, parts) int64: the text of each part, and its tokens start <= t < stop.

    Token 0 is the first token of all texts of a :class:`TokenTexts`. An empty part has start == stop.
    """

    texts: Ints
    starts: Ints
    stops: Ints

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def lengths(self) -> Ints:
        """(pieces,) int64, in tokens."""
        return np.asarray((self.stops - self.starts).sum(axis=1), np.int64)

    def select(self, rows: Ints) -> Pieces:
        """These pieces, in this order."""
        return Pieces(self.texts[rows], self.starts[rows], self.stops[rows])


def whole_texts(texts: TokenTexts, rows: Ints) -> Pieces:
    """The whole texts in ``rows`` (n,)."""
    return Pieces(rows[:, None], texts.starts[rows][:, None], texts.starts[rows + 1][:, None])


def crops(texts: TokenTexts, rows: Ints, shortest: int, longest: int, generator: np.random.Generator) -> Pieces:
    """One random run of ``shortest`` to ``longest`` tokens from each text in ``rows`` (n,); all lengths are equally likely.

    A text with fewer tokens than ``shortest`` is taken whole. If ``longest`` is below ``shortest``, every run has at most
    ``longest`` tokens.
    """
    available = texts.lengths[rows]
    high = np.minimum(longest, available)
    low = np.minimum(shortest, high)
    lengths = generator.integers(low, high + 1)
    starts = texts.starts[rows] + generator.integers(0, available - lengths + 1)
    return Pieces(rows[:, None], starts[:, None], (starts + lengths)[:, None])


def mixtures(first: Pieces, second: Pieces) -> Pieces:
    """Pieces in which each piece of ``first`` is followed by the one of ``second`` in the same place."""
    pairs = ((first.texts, second.texts), (first.starts, second.starts), (first.stops, second.stops))
    return Pieces(*(np.concatenate(pair, axis=1) for pair in pairs))


def concatenated(parts: list[Pieces]) -> Pieces:
    """All pieces of ``parts``, one after the other. Pieces with fewer parts than others get empty parts."""
    width = max(pieces.texts.shape[1] for pieces in parts)

    def widened(values: Ints, filler: Ints) -> Ints:
        return np.concatenate([values, np.repeat(filler, width - values.shape[1], axis=1)], axis=1)

    return Pieces(
        np.concatenate([widened(pieces.texts, pieces.texts[:, -1:]) for pieces in parts]),
        np.concatenate([widened(pieces.starts, pieces.stops[:, -1:]) for pieces in parts]),
        np.concatenate([widened(pieces.stops, pieces.stops[:, -1:]) for pieces in parts]),
    )


def token_runs(starts: Ints, stops: Ints) -> tuple[Ints, Ints]:
    """The tokens of the runs ``starts[i]`` to ``stops[i]``, one after the other, and the run of each: two (tokens,) int64."""
    lengths = stops - starts
    owners = np.repeat(np.arange(len(starts)), lengths)
    firsts = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - firsts[owners] + starts[owners], owners


def piece_ids(
    texts: TokenTexts, pieces: Pieces, id_of_number: IdMatrix, max_tokens: int, keep: str, padding: str
) -> IdMatrix:
    """(pieces, max_tokens) int32: the ids of every piece, padded at the ``padding`` side.

    ``id_of_number`` (words,) int32 is the id of each word of ``texts``. A piece with more than ``max_tokens`` is cut as
    :meth:`drupelet.text.rules.TextRules.cut` does: ``keep`` names its head, its tail, or half of each (ends).
    """
    ids = np.full((len(pieces), max_tokens), PADDING_ID, np.int32)
    for first in range(0, len(pieces), PIECES_AT_ONCE):
        rows = slice(first, first + PIECES_AT_ONCE)
        some = Pieces(pieces.texts[rows], pieces.starts[rows], pieces.stops[rows])
        _fill_ids(ids[rows], texts, some, id_of_number, keep, padding)
    return ids


def _fill_ids(
    ids: IdMatrix, texts: TokenTexts, pieces: Pieces, id_of_number: IdMatrix, keep: str, padding: str
) -> None:
    """Writes the ids of every piece into its row of ``ids`` (pieces, max_tokens) int32, which holds padding."""
    max_tokens = ids.shape[1]
    tokens, runs = token_runs(pieces.starts.ravel(), pieces.stops.ravel())
    owners = runs // pieces.starts.shape[1]
    lengths = pieces.lengths
    places = np.arange(len(tokens)) - (np.cumsum(lengths) - lengths)[owners]
    cut = np.maximum(lengths - max_tokens, 0)[owners]
    head = {"head": max_tokens, "tail": 0, "ends": max_tokens - max_tokens // 2}[keep]
    kept = (cut == 0) | (places < head) | (places >= head + cut)
    places = np.where((cut > 0) & (places >= head), places - cut, places)
    if padding == "pre":
        places = places + np.maximum(max_tokens - lengths, 0)[owners]
    ids[owners[kept], places[kept]] = id_of_number[texts.numbers[tokens[kept]]]
