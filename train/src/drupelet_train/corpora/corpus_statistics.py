"""Statistics of a corpus: sizes, lengths, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.errors import InputError
from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices
from drupelet_train.json_value import JsonValue
from drupelet_train.words.vocabulary import RESERVED, Vocabulary


@dataclass(frozen=True)
class TokenCounts:
    """``lengths`` (texts,) int64 in tokens, of all texts; ``frequencies`` of the words in the training texts."""

    lengths: npt.NDArray[np.int64]
    frequencies: Counter[str]


def count_tokens(texts: Iterable[str], training: Indices, rules: TextRules) -> TokenCounts:
    """Counts the tokens of every text, and each word in the texts with an index in ``training``."""
    words_of = splitter(rules)
    trains = set(training.tolist())
    lengths = []
    frequencies: Counter[str] = Counter()
    for index, text in enumerate(texts):
        words = words_of(text)
        lengths.append(len(words))
        if index in trains:
            frequencies.update(words)
    return TokenCounts(np.array(lengths, np.int64), frequencies)


def check_words(data: str, counts: TokenCounts, rules: TextRules) -> None:
    """Raises InputError, naming ``data``, when ``rules`` found no word in any training text."""
    if not counts.frequencies:
        raise InputError(
            f"{data}: the tokenizer {rules.name!r} finds no word in any training text; expected text in letters "
            'that it keeps: try tokenizer = "words" in the configuration'
        )


def texts_with_word(corpus: Corpus, training: Indices, words: Sequence[str], rules: TextRules) -> npt.NDArray[np.int64]:
    """(classes, words) int64: the number of a class's texts, among those in ``training``, that have each of ``words``."""
    number_of = {word: number for number, word in enumerate(words)}
    words_of = splitter(rules)
    counts = np.zeros((len(corpus.labels), len(words)), np.int64)
    for index in training.tolist():
        numbers = [number_of[word] for word in set(words_of(corpus.texts[index])) if word in number_of]
        counts[corpus.label_ids[index], numbers] += 1
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
    characters between white space; the tokens are those of the tokenizer. ``texts_over_max_tokens`` counts the texts with
    more tokens than the model reads. ``training_tokens_in_vocabulary`` is the share of the tokens of the training texts
    whose word is in the vocabulary.
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
        )


def corpus_statistics(
    corpus: Corpus, parts: Mapping[str, Indices], counts: TokenCounts, vocabulary: Vocabulary, max_tokens: int
) -> CorpusStatistics:
    """The statistics of ``corpus``. ``parts`` names the indices of training, validation and held_out."""
    white_space_words = sum(len(text.split()) for text in corpus.texts)
    lengths = counts.lengths
    known = sum(counts.frequencies[word] for word in vocabulary.tokens[len(RESERVED) :])
    total = counts.frequencies.total()
    return CorpusStatistics(
        sha256=corpus.sha256(),
        texts=len(corpus.texts),
        parts={
            part: {label: int((corpus.label_ids[rows] == i).sum()) for i, label in enumerate(corpus.labels)}
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
        training_tokens_in_vocabulary=known / total if total else 0.0,
    )
