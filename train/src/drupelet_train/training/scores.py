"""Scores of a classifier: accuracy and loss."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.decision import HOLDS
from drupelet_train.json_value import JsonValue

Z_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""

MIN_PROBABILITY = 1e-7
"""Probabilities are raised to this value in the loss; Keras clips at the same value."""


@dataclass(frozen=True)
class Score:
    """``n`` texts, ``accuracy`` in 0..1 with its 95 % (Wilson) interval, ``loss`` in nats: the mean cross-entropy.

    Where a text may have several labels, the accuracy is the share of texts that got exactly theirs, and the loss the mean over
    labels too. ``macro_f1`` is the mean F1 of the labels that a text has or got, ``micro_f1`` the F1 of all decisions together.
    """

    n: int
    accuracy: float
    loss: float
    interval_95: tuple[float, float]
    macro_f1: float | None = None
    micro_f1: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The score as a JSON object."""
        of_each = () if self.macro_f1 is not None else ("macro_f1", "micro_f1")
        found = {name: value for name, value in asdict(self).items() if name not in of_each}
        return {**found, "interval_95": list(self.interval_95)}

    @classmethod
    def from_json(cls, value: JsonValue) -> Score:
        """The score in a JSON object. Raises FormatError."""
        fields = value.fields(("n", "accuracy", "loss", "interval_95"), ("macro_f1", "micro_f1"))
        f1 = {name: fields[name].number() for name in ("macro_f1", "micro_f1") if name in fields}
        ends = [end.number() for end in fields["interval_95"].items()]
        if len(ends) != 2:
            raise fields["interval_95"].wrong("the two ends of an interval")
        return cls(fields["n"].whole(), fields["accuracy"].number(), fields["loss"].number(), (ends[0], ends[1]), **f1)


def right_answers(
    probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.float32], each: bool = False
) -> npt.NDArray[np.bool_]:
    """(texts,) bool: whether each answer is right, as :func:`score` judges it."""
    answered = np.asarray(~np.isnan(probabilities).any(axis=1), np.bool_)
    if each:
        return np.asarray(((probabilities >= HOLDS) == (labels >= HOLDS)).all(axis=1), np.bool_)
    return np.asarray(answered & (probabilities.argmax(axis=1) == labels.argmax(axis=1)), np.bool_)


def score(probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.float32], each: bool = False) -> Score:
    """The score of (texts, classes) float32 probabilities against (texts, classes) float32 labels.

    The class with the largest label is right; with ``each``, labels are decided alone, and all must be right. An
    answer that is not a number (the average
    over a text without words) counts as wrong, with a probability of ``MIN_PROBABILITY``.
    """
    if len(labels) == 0:
        raise ValueError("nothing to score")
    answered = np.asarray(~np.isnan(probabilities).any(axis=1), np.bool_)
    n, accuracy = len(labels), float(right_answers(probabilities, labels, each).mean())
    interval = wilson_interval(accuracy, n)
    if each:
        p = np.where(answered[:, None], probabilities, 1.0 - labels).astype(np.float64)
        p = np.clip(p, MIN_PROBABILITY, 1.0 - MIN_PROBABILITY)
        loss = -(labels * np.log(p) + (1.0 - labels) * np.log(1.0 - p)).mean()
        return Score(n, accuracy, float(loss), interval, *_f1(probabilities >= HOLDS, labels >= HOLDS))
    clipped = np.clip(np.where(answered[:, None], probabilities, 0.0).astype(np.float64), MIN_PROBABILITY, 1.0)
    loss = -(labels * np.log(clipped)).sum(axis=1).mean()
    return Score(n, accuracy, float(loss), interval)


def _f1(answered: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Macro and micro F1 of (texts, labels) decisions; 0 where there is nothing to find and nothing was answered."""
    found = (answered & true).sum(axis=0)
    both = answered.sum(axis=0) + true.sum(axis=0)
    counts = both > 0
    macro = float((2 * found[counts] / both[counts]).mean()) if counts.any() else 0.0
    return macro, float(2 * found.sum() / both.sum()) if counts.any() else 0.0


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share observed on ``n`` cases, within 0..1."""
    spread = Z_95**2 / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
