"""Statistics of a corpus: sizes, lengths, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices
from drupelet_train.json_value import JsonValue
from drupelet_train.words.letters import LetterCounts
from drupelet_train.words.vocabulary import RESERVED, Vocabulary

MOST_DROPPED = 10
"""Dropped letters that the record of a run names."""


@dataclass(frozen=True)
class TokenCounts:
    """``lengths`` (texts,) int64 in tokens, of all texts; the frequencies of words in each part of the corpus, by its name."""

    lengths: npt.NDArray[np.int64]
    by_part: Mapping[str, Counter[str]]

    @property
    def frequencies(self) -> Counter[str]:
        """The frequencies of the words in the training texts."""
        return self.by_part["training"]


def count_tokens(texts: Iterable[str], parts: Mapping[str, Indices], rules: TextRules) -> TokenCounts:
    """Counts the tokens of every text, and each word in the texts of each part; ``training`` is one of ``parts``."""
    words_of = splitter(rules)
    part_of = {index: part for part, indices in parts.items() for index in indices.tolist()}
    lengths = []
    by_part: dict[str, Counter[str]] = {part: Counter() for part in parts}
    for index, text in enumerate(texts):
        words = words_of(text)
        lengths.append(len(words))
        if index in part_of:
            by_part[part_of[index]].update(words)
    return TokenCounts(np.array(lengths, np.int64), by_part)


def texts_with_word(corpus: Corpus, training: Indices, words: Sequence[str], rules: TextRules) -> npt.NDArray[np.int64]:
    """(classes, words) int64: the number of a class's texts, among those in ``training``, that have each of ``words``."""
    number_of = {word: number for number, word in enumerate(words)}
    words_of = splitter(rules)
    targets = corpus.targets()
    counts = np.zeros((len(corpus.labels), len(words)), np.int64)
    for index in training.tolist():
        numbers = [number_of[word] for word in set(words_of(corpus.texts[index])) if word in number_of]
        counts[np.ix_(np.flatnonzero(targets[index]), np.array(numbers, np.int64))] += 1
    return counts


@dataclass(frozen=True)
class LengthStatistics:
    """Statistics of the lengths of texts, in tokens."""

    mean: float
    median: float
    percentile_90: float
    max: int

    @classmethod
    def from_json(cls, value: JsonValue) -> LengthStatistics:
        """The statistics in a JSON object. Raises FormatError."""
        fields = value.fields(("mean", "median", "percentile_90", "max"))
        return cls(
            mean=fields["mean"].number(),
            median=fields["median"].number(),
            percentile_90=fields["percentile_90"].number(),
            max=fields["max"].whole(),
        )


@dataclass(frozen=True)
class CorpusStatistics:
    """The statistics of a corpus in the record of a run.

    ``parts``: the number of texts by part (training, validation, held_out) and label. ``words`` counts the runs of
    characters between white space; the tokens are those of the text rules. ``texts_over_max_tokens`` counts the texts with
    more tokens than the model reads. ``training_tokens_in_vocabulary`` and ``held_out_tokens_in_vocabulary`` are the shares of
    the tokens of those texts whose word is in the vocabulary. ``training_letters`` counts the letters of the training texts,
    ``dropped_letters`` those of them that the text rules drop, and ``most_dropped`` has the counts of the
    ``MOST_DROPPED`` most frequent ones, in this order.
    """

    sha256: str
    texts: int
    parts: dict[str, dict[str, int]]
    words: int
    words_per_text: float
    tokens_per_text: LengthStatistics
    texts_without_tokens: int
    texts_over_max_tokens: int
    training_distinct_tokens: int
    training_tokens_in_vocabulary: float
    held_out_tokens_in_vocabulary: float
    training_letters: int
    dropped_letters: int
    most_dropped: dict[str, int]

    @property
    def dropped_share(self) -> float:
        """The share of the letters of the training texts that the text rules drop."""
        return self.dropped_letters / self.training_letters if self.training_letters else 0.0

    def to_json(self) -> dict[str, Any]:
        """The statistics as a JSON object."""
        return asdict(self)

    @classmethod
    def from_fields(cls, fields: Mapping[str, JsonValue]) -> CorpusStatistics:
        """The statistics in these fields of a JSON object, which may have others as well. Raises FormatError."""
        return cls(
            sha256=fields["sha256"].text(),
            texts=fields["texts"].whole(),
            parts={
                part: {label: count.whole() for label, count in counts.entries().items()}
                for part, counts in fields["parts"].entries().items()
            },
            words=fields["words"].whole(),
            words_per_text=fields["words_per_text"].number(),
            tokens_per_text=LengthStatistics.from_json(fields["tokens_per_text"]),
            texts_without_tokens=fields["texts_without_tokens"].whole(),
            texts_over_max_tokens=fields["texts_over_max_tokens"].whole(),
            training_distinct_tokens=fields["training_distinct_tokens"].whole(),
            training_tokens_in_vocabulary=fields["training_tokens_in_vocabulary"].number(),
            held_out_tokens_in_vocabulary=fields["held_out_tokens_in_vocabulary"].number(),
            training_letters=fields["training_letters"].whole(),
            dropped_letters=fields["dropped_letters"].whole(),
            most_dropped={letter: count.whole() for letter, count in fields["most_dropped"].entries().items()},
        )


def corpus_statistics(
    corpus: Corpus,
    parts: Mapping[str, Indices],
    counts: TokenCounts,
    letters: LetterCounts,
    vocabulary: Vocabulary,
    max_tokens: int,
) -> CorpusStatistics:
    """The statistics of ``corpus``. ``parts`` names the indices of training, validation and held_out."""
    white_space_words = sum(len(text.split()) for text in corpus.texts)
    lengths = counts.lengths
    ranked = sorted(letters.dropped.items(), key=lambda item: (-item[1], item[0]))
    return CorpusStatistics(
        sha256=corpus.sha256(),
        texts=len(corpus.texts),
        parts={
            part: dict(zip(corpus.labels, corpus.label_counts(rows).tolist(), strict=True))
            for part, rows in parts.items()
        },
        words=white_space_words,
        words_per_text=white_space_words / len(corpus.texts),
        tokens_per_text=LengthStatistics(
            mean=float(lengths.mean()),
            median=float(np.median(lengths)),
            percentile_90=float(np.percentile(lengths, 90)),
            max=int(lengths.max()),
        ),
        texts_without_tokens=int((lengths == 0).sum()),
        texts_over_max_tokens=int((lengths > max_tokens).sum()),
        training_distinct_tokens=len(counts.frequencies),
        training_tokens_in_vocabulary=_known_share(counts.by_part["training"], vocabulary),
        held_out_tokens_in_vocabulary=_known_share(counts.by_part["held_out"], vocabulary),
        training_letters=letters.letters.total(),
        dropped_letters=letters.dropped.total(),
        most_dropped=dict(ranked[:MOST_DROPPED]),
    )


def _known_share(frequencies: Counter[str], vocabulary: Vocabulary) -> float:
    """The share of these words that the vocabulary has; 0 of no words."""
    total = frequencies.total()
    return sum(frequencies[word] for word in vocabulary.tokens[len(RESERVED) :]) / total if total else 0.0
