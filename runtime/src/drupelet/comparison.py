"""Compares answers with reference answers and judges the differences: the second step of run, compare, report.

Plain Python on lists of probabilities, so that saved outputs can be judged again anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from drupelet.decision import ONE_LABEL, Decision
from drupelet.errors import InputError
from drupelet.reliability import Reliability, reliability

Z_95 = 1.959963984540054
"""The 97.5th percentile of the normal distribution: two-sided 95 % intervals."""


ROUNDING = 0.499
"""Added to an allowed number of texts, so that a share of n texts is rounded to the nearest whole number, a half downwards.
0.3 % of the 256 reviews in a bundle are one review. Without rounding, a model that passes on 2,000 reviews would fail on 256
whenever one that flips is among them."""


@dataclass(frozen=True)
class Gate:
    """The largest changes that a scheme may cause: shares of 1 for flips and accuracy, absolute probability difference."""

    max_flip_share: float
    max_difference: float
    max_accuracy_change: float


GATES: Mapping[str, Gate] = {
    "f32": Gate(0.0, 1e-5, 0.0),
    "f16": Gate(0.001, 2e-3, 0.001),
    "wi8": Gate(0.003, 0.05, 0.002),
    "wi4": Gate(0.003, 0.05, 0.002),
}
"""The default gates of the quantization schemes."""


@dataclass(frozen=True)
class Accuracy:
    """The number of ``n`` texts that got their true label, with Wilson's 95 % interval."""

    n: int
    correct: int

    @property
    def share(self) -> float:
        """The share of correct answers, from 0 to 1."""
        return self.correct / self.n

    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson 1927, "Probable inference", JASA 22)."""
        z2 = Z_95 * Z_95
        centre = (self.share + z2 / (2 * self.n)) / (1 + z2 / self.n)
        half = Z_95 / (1 + z2 / self.n) * math.sqrt(self.share * (1 - self.share) / self.n + z2 / (4 * self.n**2))
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class AccuracyChange:
    """The difference from the accuracy of the reference on the same ``n`` texts: right answers ``gained`` and ``lost``."""

    n: int
    gained: int
    lost: int

    @property
    def share(self) -> float:
        """The change in the share of right answers."""
        return (self.gained - self.lost) / self.n

    def interval(self) -> tuple[float, float]:
        """The paired 95 % interval of the change (Agresti and Min 2005, Statistics in Medicine 24: half a text is added to
        each cell of the paired table, so that no flip at all still gives an interval)."""
        gained, lost, n = self.gained + 0.5, self.lost + 0.5, self.n + 2
        centre = (gained - lost) / n
        half = Z_95 * math.sqrt(gained + lost - (gained - lost) ** 2 / n) / n
        return max(-1.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Comparison:
    """The answers of one file on one engine, compared with the reference on one set of texts.

    ``flips`` are the places of texts with a label that flipped, ``flipped_labels`` the number of these labels among
    ``decisions``: one for each text, or one for each label of it in a multi-label network.
    ``max_difference`` is also the smallest tolerance that would have passed. ``failures`` are sentences about each broken
    limit of the gate; comparing no text at all is a failure too. Accuracies and reliabilities are None where true labels are
    not known. The ``n`` texts were chosen from ``total``, and ``why`` says why not all of them were; without a reason, both
    are None.
    """

    n: int
    flips: tuple[int, ...]
    decisions: int
    flipped_labels: int
    max_difference: float
    p999_difference: float
    worst: int | None
    id_mismatches: tuple[int, ...]
    accuracy: Accuracy | None
    reference_accuracy: Accuracy | None
    accuracy_change: AccuracyChange | None
    reliability: Reliability | None
    reference_reliability: Reliability | None
    gate: Gate
    failures: tuple[str, ...]
    total: int | None = None
    why: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the gate held."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        """The comparison as a JSON object, with null for numbers that are not finite."""

        def accuracy(value: Accuracy | AccuracyChange | None) -> dict[str, Any] | None:
            return None if value is None else {"share": value.share, "interval_95": list(value.interval())}

        def calibration_error(value: Reliability | None) -> float | None:
            error = math.nan if value is None else value.expected_calibration_error
            return error if math.isfinite(error) else None

        return {
            "passed": self.passed,
            "failures": list(self.failures),
            "n": self.n,
            "total": self.total,
            "why": self.why,
            "decisions": self.decisions,
            "flips": self.flipped_labels,
            "flipped": list(self.flips[:100]),
            "max_difference": self.max_difference if math.isfinite(self.max_difference) else None,
            "p999_difference": self.p999_difference if math.isfinite(self.p999_difference) else None,
            "smallest_passing_tolerance": self.max_difference if math.isfinite(self.max_difference) else None,
            "worst": self.worst,
            "id_mismatches": len(self.id_mismatches),
            "accuracy": accuracy(self.accuracy),
            "reference_accuracy": accuracy(self.reference_accuracy),
            "accuracy_change": accuracy(self.accuracy_change),
            "expected_calibration_error": calibration_error(self.reliability),
            "reference_expected_calibration_error": calibration_error(self.reference_reliability),
            "gate": asdict(self.gate),
        }


def compare(
    reference: Sequence[Sequence[float]],
    answers: Sequence[Sequence[float]],
    gate: Gate,
    true_labels: Sequence[int] | None = None,
    id_mismatches: Sequence[int] = (),
    decision: Decision = ONE_LABEL,
) -> Comparison:
    """The comparison of answers (texts, classes) with the reference (texts, classes), judged by a gate.

    ``true_labels`` are class numbers, (texts,). ``decision`` says what of the probabilities is answered. Where each label is
    decided alone, a label flips when its probability crosses its threshold, and an answer is right when the true label of its
    text holds. A text that one side rejects and the other does not has a flip; whether it is right does not depend
    on that.
    ``id_mismatches`` are the places of texts whose ids already differed. A NaN equals a NaN and no other number. Raises
    InputError when the lengths differ.
    """
    n = len(reference)
    if len(answers) != n or (true_labels is not None and len(true_labels) != n):
        raise InputError(f"{len(answers)} answers for {n} reference answers; expected as many")
    differences = [answer_difference(expected, got) for expected, got in zip(reference, answers)]
    changes = [changed_labels(expected, got, decision) for expected, got in zip(reference, answers)]
    decisions = sum(map(len, reference)) if decision.thresholds else n
    ordered = sorted(differences)
    accuracy = reference_accuracy = accuracy_change = our_reliability = reference_reliability = None
    if true_labels is not None and n:
        ours = [is_right(row, true, decision) for row, true in zip(answers, true_labels)]
        theirs = [is_right(row, true, decision) for row, true in zip(reference, true_labels)]
        gained = sum(a and not b for a, b in zip(ours, theirs))
        lost = sum(b and not a for a, b in zip(ours, theirs))
        accuracy, reference_accuracy = Accuracy(n, sum(ours)), Accuracy(n, sum(theirs))
        accuracy_change = AccuracyChange(n, gained, lost)
        if not decision.thresholds:
            our_reliability = reliability(answers, true_labels)
            reference_reliability = reliability(reference, true_labels)
    max_difference = ordered[-1] if ordered else math.nan
    failures = []
    if n == 0:
        failures.append("nothing was compared")
    if id_mismatches:
        failures.append(f"{len(id_mismatches)} texts got other ids than the reference: text rules or vocabulary differ")
    if sum(changes) > gate.max_flip_share * decisions + ROUNDING:
        failures.append(f"{sum(changes)} of {decisions} labels flipped, allowed {gate.max_flip_share:.1%}")
    if n and not max_difference <= gate.max_difference:
        failures.append(f"a probability is off by {max_difference:.3g}, allowed {gate.max_difference:g}")
    if accuracy is not None and reference_accuracy is not None:
        change = abs(accuracy.correct - reference_accuracy.correct)
        if change > gate.max_accuracy_change * n + ROUNDING:
            failures.append(f"accuracy changed by {change / n:.2%}, allowed {gate.max_accuracy_change:.1%}")
    return Comparison(
        n=n,
        flips=tuple(place for place, changed in enumerate(changes) if changed),
        decisions=decisions,
        flipped_labels=sum(changes),
        max_difference=max_difference,
        p999_difference=ordered[math.ceil(0.999 * n) - 1] if ordered else math.nan,
        worst=differences.index(max_difference) if ordered else None,
        id_mismatches=tuple(id_mismatches),
        accuracy=accuracy,
        reference_accuracy=reference_accuracy,
        accuracy_change=accuracy_change,
        reliability=our_reliability,
        reference_reliability=reference_reliability,
        gate=gate,
        failures=tuple(failures),
    )


def changed_labels(expected: Sequence[float], got: Sequence[float], decision: Decision) -> int:
    """The number of labels that flip between two answers: at most one, unless each label is decided alone.

    It is at least one where one of them is rejected and the other is not.
    """
    changed = set(decision.answered(expected)) ^ set(decision.answered(got))
    if not decision.thresholds:
        return min(1, len(changed))
    return max(len(changed), int(decision.rejects(expected) != decision.rejects(got)))


def is_right(answer: Sequence[float], true_label: int, decision: Decision) -> bool:
    """Whether an answer is the true label, or where each label is decided alone, has it among its labels; rejected or not."""
    return true_label in decision.held(answer)


def answer_difference(expected: Sequence[float], got: Sequence[float]) -> float:
    """The largest absolute difference between two answers; infinite when their lengths or their NaNs differ."""
    if len(expected) != len(got):
        return math.inf
    worst = 0.0
    for a, b in zip(expected, got):
        if math.isnan(a) or math.isnan(b):
            if not (math.isnan(a) and math.isnan(b)):
                return math.inf
        elif a != b:
            worst = max(worst, abs(a - b))
    return worst
