"""Calibration of probabilities: of the answers given with probability 0.8, eight in ten should be right.

The reliability diagram and the expected calibration error of Guo, Pleiss, Sun, Weinberger: *On Calibration of Modern
Neural Networks*, ICML 2017, section 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from drupelet.errors import InputError
from drupelet.output import most_probable

BINS = 15
"""Number of bins of equal width from 0 to 1, as in the paper. A bin includes its lower edge; the last one also includes 1."""


@dataclass(frozen=True)
class Reliability:
    """The agreement of probabilities with right answers, in bins of the confidence (the probability of the answered class).

    ``counts`` of answers, ``confidences`` (their mean) and ``accuracies`` (share of right answers), each (BINS,). The latter
    two are None where a bin is empty.
    """

    counts: tuple[int, ...]
    confidences: tuple[float | None, ...]
    accuracies: tuple[float | None, ...]

    @property
    def expected_calibration_error(self) -> float:
        """The mean of |accuracy - confidence| over the bins, weighted by their counts: 0 to 1, NaN without any answer."""
        return _mean([(count, abs(accuracy - confidence)) for count, confidence, accuracy in self.filled()])

    @property
    def error_by_chance(self) -> float:
        """The expected error of perfectly calibrated answers on so few texts, approximately; NaN without any answer.

        The accuracy of n answers that are right with probability p has the standard deviation sqrt(p (1 - p) / n), and the
        mean absolute deviation of a normal distribution is sqrt(2 / pi) of that.
        """
        return _mean([(count, math.sqrt(2 / math.pi * p * (1 - p) / count)) for count, p, _ in self.filled()])

    def filled(self) -> list[tuple[int, float, float]]:
        """Count, confidence and accuracy of each bin that is not empty."""
        bins = zip(self.counts, self.confidences, self.accuracies)
        return [(count, p, share) for count, p, share in bins if p is not None and share is not None]

    def to_json(self) -> dict[str, Any]:
        """The reliability as a JSON object, with null for errors that are not finite."""
        errors = {name: getattr(self, name) for name in ("expected_calibration_error", "error_by_chance")}
        return {
            **{name: list(values) for name, values in asdict(self).items()},
            **{name: error if math.isfinite(error) else None for name, error in errors.items()},
        }


def reliability(probabilities: Sequence[Sequence[float]], true_labels: Sequence[int]) -> Reliability:
    """The reliability of answers (texts, classes) to texts of these true class numbers, (texts,).

    An answer with any value outside 0 to 1 (NaN: the average over no token) has no confidence and is left out.
    Raises InputError when the lengths differ.
    """
    if len(probabilities) != len(true_labels):
        raise InputError(f"{len(probabilities)} answers for {len(true_labels)} true labels; expected as many")
    confidences: list[float] = []
    right: list[bool] = []
    for row, true in zip(probabilities, true_labels):
        if all(0.0 <= p <= 1.0 for p in row):
            answer = most_probable(row)
            confidences.append(row[answer])
            right.append(answer == true)
    return reliability_of(confidences, right)


def reliability_of(confidences: Sequence[float], right: Sequence[int]) -> Reliability:
    """The reliability of answers of these confidences (answers,), from 0 to 1, and whether each is right."""
    in_bins: list[list[float]] = [[] for _ in range(BINS)]
    right_in_bins = [0] * BINS
    for confidence, is_right in zip(confidences, right):
        number = min(int(confidence * BINS), BINS - 1)
        in_bins[number].append(confidence)
        right_in_bins[number] += is_right
    return Reliability(
        tuple(map(len, in_bins)),
        tuple(math.fsum(values) / len(values) if values else None for values in in_bins),
        tuple(share / len(values) if values else None for values, share in zip(in_bins, right_in_bins)),
    )


def _mean(weighted: Sequence[tuple[int, float]]) -> float:
    total = sum(weight for weight, _ in weighted)
    return sum(weight * value for weight, value in weighted) / total if total else math.nan
