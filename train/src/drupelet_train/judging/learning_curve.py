"""What more texts would bring: the accuracy of the regression beside the network, after learning from parts of them.

A network's own curve would take as many trainings as it has points; the regression takes seconds. That the network gains
as much from more texts is a guess, which is why every line names the regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from drupelet.comparison import Accuracy, AccuracyChange
from drupelet.text.rules import TextRules
from drupelet_train.baselines.comparison import Right, answer_by
from drupelet_train.baselines.tfidf_regression import NAME
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices

STEPS = (8, 4, 2)
"""One text in eight, in four, in two, and then all of them: points at equal distance on an axis of logarithms."""

MIN_TEXTS = 40
"""Fewest texts of a point. With fewer, classes are missing in it."""


@dataclass(frozen=True)
class LearningCurve:
    """``points``: the number of training texts, ascending, and the accuracy on the ``n`` validation texts.

    ``gain`` is what the last doubling of the texts brought, ``gain_interval`` its paired 95 % interval, both as shares.
    """

    points: tuple[tuple[int, Accuracy], ...]
    gain: float
    gain_interval: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """The curve as a JSON object."""
        return {
            "classifier": NAME,
            "points": [
                {"texts": texts, "accuracy": accuracy.share, "interval_95": list(accuracy.interval())}
                for texts, accuracy in self.points
            ],
            "gain_of_last_doubling": self.gain,
            "gain_interval_95": list(self.gain_interval),
        }


def learning_curve(
    corpus: Corpus, training: Indices, validation: Indices, rules: TextRules, of_all: Right
) -> LearningCurve | None:
    """The curve of the regression, whose right answers after learning from all texts are ``of_all`` (validation,) bool.

    None for so few texts that there is no curve, or more labels than regressions are fitted for.
    """
    found: list[tuple[int, Right]] = []
    for step in STEPS:
        part = _share_of_each_label(corpus, training, step)
        if len(part) < MIN_TEXTS or not _has_every_label(corpus, part):
            continue
        answered = answer_by(NAME, corpus, part, {"validation": validation}, rules)
        if answered is not None:
            found.append((len(part), answered.right["validation"]))
    if not found:
        return None
    found.append((len(training), of_all))
    before = found[-2][1]
    change = AccuracyChange(len(of_all), int((of_all & ~before).sum()), int((before & ~of_all).sum()))
    points = tuple((texts, Accuracy(len(right), int(right.sum()))) for texts, right in found)
    return LearningCurve(points, change.share, change.interval())


def _share_of_each_label(corpus: Corpus, training: Indices, step: int) -> Indices:
    """One in ``step`` of the training texts of each label, from all over the corpus, ascending."""
    labels = corpus.label_ids[training]
    return np.sort(np.concatenate([training[labels == label][step // 2 :: step] for label in np.unique(labels)]))


def _has_every_label(corpus: Corpus, rows: Indices) -> bool:
    return bool(np.all(corpus.label_counts(rows) > 0))
