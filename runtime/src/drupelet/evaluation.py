"""How well a classifier answers labelled texts: accuracy, confusion, precision and recall, calibration, mistakes."""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drupelet.comparison import Accuracy
from drupelet.labelled_rows import LabelledRow
from drupelet.prediction import Prediction
from drupelet.reliability import Reliability, reliability_of

MISTAKES = 5
"""Number of mistakes that are kept."""
MAX_MATRIX_LABELS = 100
"""Most labels of a confusion matrix as a whole: it has their square in numbers."""


@dataclass(frozen=True)
class ClassFigures:
    """One label: ``texts`` that have it, and the share of its answers that are right and of its texts that are found.

    ``precision`` is None where the label was never answered, ``recall`` where no text has it, ``f1`` (the harmonic mean of
    both) where neither is there.
    """

    label: str
    texts: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Mistake:
    """A text that got a wrong answer, with the probability of that answer. ``line``: where its row ends in the file."""

    line: int
    text: str
    labels: tuple[str, ...]
    answered: tuple[str, ...]
    probability: float


@dataclass(frozen=True)
class Evaluation:
    """The answers to labelled texts.

    ``accuracy``: texts with the right label; of a multi-label network those with exactly the right labels. ``confused``: texts
    by numbers of true label and answer, both the same where it is right; empty for a multi-label network. ``largest_class``:
    the accuracy of answering the most frequent label (of a multi-label network: set of labels) always. ``without_words``:
    texts of which the network knows no word. ``not_numbers``: answers that are NaN. ``rejected`` texts got no label: they are
    no right answers, but no mistakes either, and are not among those that were confused.
    """

    labels: tuple[str, ...]
    accuracy: Accuracy
    largest_class: float
    classes: tuple[ClassFigures, ...]
    confused: Mapping[tuple[int, int], int]
    reliability: Reliability
    mistakes: tuple[Mistake, ...]
    without_words: int
    not_numbers: int
    rejected: int
    is_multi_label: bool

    @property
    def accepted(self) -> Accuracy | None:
        """The accuracy of the texts that got an answer; None where each was rejected."""
        n = self.accuracy.n - self.rejected
        return Accuracy(n, self.accuracy.correct) if n else None

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that a text has or that were answered; 0 where there is none."""
        found = [figures.f1 for figures in self.classes if figures.f1 is not None]
        return math.fsum(found) / len(found) if found else 0.0

    @property
    def confusion(self) -> list[list[int]] | None:
        """The confusion matrix (labels, labels), true label by answer; None for a multi-label network or too many labels."""
        count = len(self.labels)
        if self.is_multi_label or count > MAX_MATRIX_LABELS:
            return None
        return [[self.confused.get((true, answer), 0) for answer in range(count)] for true in range(count)]

    @property
    def confusions(self) -> list[tuple[str, str, int]]:
        """True label, answer and texts of every pair that was confused, the most frequent first."""
        wrong = [(pair, texts) for pair, texts in self.confused.items() if pair[0] != pair[1]]
        return [
            (self.labels[true], self.labels[answer], texts)
            for (true, answer), texts in sorted(wrong, key=lambda entry: (-entry[1], entry[0]))
        ]

    def to_json(self) -> dict[str, Any]:
        """The evaluation as a JSON object."""
        low, high = self.accuracy.interval()
        return {
            "texts": self.accuracy.n,
            "correct": self.accuracy.correct,
            "accuracy": self.accuracy.share,
            "interval": [low, high],
            "largest_class": self.largest_class,
            "macro_f1": self.macro_f1,
            "labels": list(self.labels),
            "confusion": self.confusion,
            "confusions": [{"label": true, "answered": answer, "texts": n} for true, answer, n in self.confusions],
            "classes": [vars(figures) for figures in self.classes],
            "reliability": self.reliability.to_json(),
            "without_words": self.without_words,
            "not_numbers": self.not_numbers,
            "rejected": self.rejected,
            "accepted_accuracy": None if self.accepted is None else self.accepted.share,
            "accepted_interval": None if self.accepted is None else list(self.accepted.interval()),
            "mistakes": [
                {**vars(mistake), "labels": list(mistake.labels), "answered": list(mistake.answered)}
                for mistake in self.mistakes
            ],
        }


class Tally:
    """Counts answers as they come. It keeps a number a text, and no text but those of the mistakes that are shown."""

    def __init__(self, labels: Sequence[str], multi_label: bool, mistakes: int = MISTAKES) -> None:
        self._labels = tuple(labels)
        self._number_of = {label: number for number, label in enumerate(labels)}
        self._multi_label = multi_label
        self._most_mistakes = mistakes
        self._confused: dict[tuple[int, int], int] = {}
        self._true_sets: dict[tuple[int, ...], int] = {}
        self._found, self._answered, self._texts = ([0] * len(labels) for _ in range(3))
        self.n = self._correct = self._without_words = self._not_numbers = self._rejected = 0
        self._confidences, self._right = array("d"), bytearray()
        self._mistakes: list[tuple[float, int, Mistake]] = []

    def add(self, row: LabelledRow, prediction: Prediction) -> None:
        """Counts the answer to a row whose labels are among those of the classifier."""
        true = tuple(sorted({self._number_of[label] for label in row.labels}))
        values = prediction.probabilities
        answered = tuple(self._number_of[label] for label in prediction.labels)
        self.n += 1
        self._true_sets[true] = self._true_sets.get(true, 0) + 1
        self._without_words += prediction.n_tokens == 0
        self._not_numbers += any(map(math.isnan, values))
        for place in true:
            self._texts[place] += 1
            self._found[place] += place in answered
        if prediction.rejected:
            self._rejected += 1
            return
        for place in answered:
            self._answered[place] += 1
        if not self._multi_label:
            pair = true[0], answered[0]
            self._confused[pair] = self._confused.get(pair, 0) + 1
        self._count_confidence(values, true, answered)
        if true == answered:
            self._correct += 1
        elif self._most_mistakes:
            self._keep_mistake(row, values, answered)

    def _count_confidence(self, values: Sequence[float], true: Sequence[int], answered: Sequence[int]) -> None:
        if not all(0.0 <= value <= 1.0 for value in values):
            return
        for place in range(len(values)) if self._multi_label else answered:
            holds = place in answered
            self._confidences.append(values[place] if holds else 1.0 - values[place])
            self._right.append(holds == (place in true))

    def _keep_mistake(self, row: LabelledRow, values: Sequence[float], answered: Sequence[int]) -> None:
        """Of a multi-label answer, the probability is that of the least sure of its decisions."""
        decisions = (
            [value if place in answered else 1.0 - value for place, value in enumerate(values)]
            if self._multi_label
            else [values[answered[0]]]
        )
        probability = min(decisions)
        if math.isnan(probability):
            return
        names = tuple(self._labels[place] for place in answered)
        entry = (probability, -self.n, Mistake(row.line, row.text, row.labels, names, probability))
        if len(self._mistakes) < self._most_mistakes:
            heapq.heappush(self._mistakes, entry)
        else:
            heapq.heappushpop(self._mistakes, entry)

    def result(self) -> Evaluation:
        """What was counted. There must be at least one text."""
        return Evaluation(
            self._labels,
            Accuracy(self.n, self._correct),
            max(self._true_sets.values()) / self.n,
            tuple(map(self._figures, range(len(self._labels)))),
            self._confused,
            reliability_of(self._confidences, self._right),
            tuple(mistake for _, _, mistake in sorted(self._mistakes, reverse=True)),
            self._without_words,
            self._not_numbers,
            self._rejected,
            self._multi_label,
        )

    def _figures(self, place: int) -> ClassFigures:
        found, answered, texts = self._found[place], self._answered[place], self._texts[place]
        return ClassFigures(
            self._labels[place],
            texts,
            found / answered if answered else None,
            found / texts if texts else None,
            2 * found / (answered + texts) if answered + texts else None,
        )


def evaluate(
    answers: Iterable[tuple[LabelledRow, Prediction]],
    labels: Sequence[str],
    multi_label: bool,
    mistakes: int = MISTAKES,
) -> Evaluation | None:
    """The evaluation of answers as they come; None without any."""
    tally = Tally(labels, multi_label, mistakes)
    for row, prediction in answers:
        tally.add(row, prediction)
    return tally.result() if tally.n else None
