"""Scores of a classifier: accuracy and loss."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet_train.json_value import JsonValue

Z_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""

MIN_PROBABILITY = 1e-7
"""Probabilities are raised to this value in the loss; Keras clips at the same value."""


@dataclass(frozen=True)
class Score:
    """``n`` texts, ``accuracy`` in 0..1 with its 95 % (Wilson) interval, ``loss`` in nats: the mean cross-entropy."""

    n: int
    accuracy: float
    loss: float
    interval_95: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """The score as a JSON object."""
        return {**asdict(self), "interval_95": list(self.interval_95)}

    @classmethod
    def from_json(cls, value: JsonValue) -> Score:
        """The score in a JSON object. Raises FormatError."""
        fields = value.fields(("n", "accuracy", "loss", "interval_95"))
        ends = [end.number() for end in fields["interval_95"].items()]
        if len(ends) != 2:
            raise fields["interval_95"].wrong("the two ends of an interval")
        return cls(fields["n"].whole(), fields["accuracy"].number(), fields["loss"].number(), (ends[0], ends[1]))


def score(probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.float32]) -> Score:
    """The score of (texts, classes) float32 probabilities against (texts, classes) float32 labels.

    The class with the largest label is right. An answer that is not a number (the average
    over a text without words) counts as wrong, with a probability of ``MIN_PROBABILITY``.
    """
    if len(labels) == 0:
        raise ValueError("nothing to score")
    answered = np.asarray(~np.isnan(probabilities).any(axis=1), np.bool_)
    right = answered & (probabilities.argmax(axis=1) == labels.argmax(axis=1))
    clipped = np.clip(np.where(answered[:, None], probabilities, 0.0).astype(np.float64), MIN_PROBABILITY, 1.0)
    loss = -(labels * np.log(clipped)).sum(axis=1).mean()
    n, accuracy = len(labels), float(right.mean())
    return Score(n, accuracy, float(loss), wilson_interval(accuracy, n))


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share observed on ``n`` cases, within 0..1."""
    spread = Z_95**2 / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
