"""Times several systems in turn, so that a slow spell of the machine affects all of them."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class System:
    """A system to time: calls ``answer`` with each of ``items``, after untimed calls with each of ``warm_up``."""

    name: str
    answer: Callable[[Any], object]
    items: Sequence[Any]
    warm_up: Sequence[Any]


@dataclass(frozen=True)
class Times:
    """The microseconds that each call took: ``rounds_us`` (rounds, items)."""

    rounds_us: tuple[tuple[float, ...], ...]

    @property
    def round_medians_us(self) -> tuple[float, ...]:
        """The median call of each round."""
        return tuple(statistics.median(times) for times in self.rounds_us)

    @property
    def p50_us(self) -> float:
        """The median of all calls."""
        return self.quantile_us(0.5)

    @property
    def p95_us(self) -> float:
        """The 95th percentile of all calls."""
        return self.quantile_us(0.95)

    def quantile_us(self, share: float) -> float:
        """The shortest time that a ``share`` of all calls did not exceed, in microseconds."""
        ordered = sorted(us for times in self.rounds_us for us in times)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    def to_json(self) -> dict[str, Any]:
        """The times as a JSON object."""
        return {
            "p50_us": self.p50_us,
            "p95_us": self.p95_us,
            "round_medians_us": list(self.round_medians_us),
            "calls": sum(map(len, self.rounds_us)),
        }


@dataclass(frozen=True)
class Ratio:
    """The ratio of two systems' round medians: its median and range over all rounds."""

    median: float
    lowest: float
    highest: float


def time_in_turn(systems: Sequence[System], rounds: int) -> Mapping[str, Times]:
    """The times of each system, by name. In each round, every system answers all its items. Each round starts with another one.

    The garbage collector runs only between systems.
    """
    rounds_us: dict[str, list[tuple[float, ...]]] = {system.name: [] for system in systems}
    for number in range(rounds):
        start = number % len(systems)
        for system in [*systems[start:], *systems[:start]]:
            rounds_us[system.name].append(_time_calls(system))
    return {name: Times(tuple(times)) for name, times in rounds_us.items()}


def ratio(ours: Times, theirs: Times) -> Ratio:
    """The ratio of our round medians to theirs, round by round."""
    ratios = [a / b for a, b in zip(ours.round_medians_us, theirs.round_medians_us, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def _time_calls(system: System) -> tuple[float, ...]:
    answer, clock = system.answer, time.perf_counter_ns
    for item in system.warm_up:
        answer(item)
    gc.collect()
    gc.disable()
    try:
        times = []
        for item in system.items:
            start = clock()
            answer(item)
            times.append((clock() - start) / 1000)
    finally:
        gc.enable()
    return tuple(times)
