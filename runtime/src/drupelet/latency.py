"""The time that a classifier takes from text to answer."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from drupelet.classifier import Classifier

WARM_UP_TEXTS = 5
"""Texts answered before the clock starts."""


@dataclass(frozen=True)
class Latency:
    """Microseconds from text to label, one text at a time on one thread: median and 95th percentile of ``n`` texts."""

    p50_us: float
    p95_us: float
    n: int
    tokens_mean: float

    def to_json(self) -> dict[str, float]:
        """The latency as a JSON object."""
        return {"p50": self.p50_us, "p95": self.p95_us, "n": self.n, "tokens_mean": self.tokens_mean}


def measure_latency(classifier: Classifier, texts: Sequence[str]) -> Latency:
    """The latency of a classifier on these texts. Each is timed once, after WARM_UP_TEXTS that are not."""
    for text in texts[:WARM_UP_TEXTS]:
        classifier(text)
    times = []
    for text in texts:
        start = time.perf_counter_ns()
        classifier(text)
        times.append((time.perf_counter_ns() - start) / 1000)
    ordered = sorted(times)
    tokens = statistics.fmean(len(classifier.encode(text)) for text in texts)
    return Latency(statistics.median(ordered), ordered[math.ceil(0.95 * len(ordered)) - 1], len(ordered), tokens)
