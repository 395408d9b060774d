"""Asks peers in turn, round by round, and drops those that fail."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.compare.child import PeerProcess
from benchmarks.compare.failure import PeerError
from benchmarks.interleaved import Ratio


@dataclass(frozen=True)
class Turns:
    """The answers of each peer, one a round, by its key; and the reasons of those that failed."""

    answers: Mapping[str, list[Mapping[str, Any]]]
    failed: Mapping[str, str]


def in_turn(
    peers: Mapping[str, PeerProcess], rounds: int, question: Callable[[PeerProcess], Mapping[str, Any]]
) -> Turns:
    """Asks every peer in every round. Each round starts with another one. A peer that fails is asked no more."""
    answers: dict[str, list[Mapping[str, Any]]] = {key: [] for key in peers}
    failed: dict[str, str] = {}
    keys = list(peers)
    for number in range(rounds):
        start = number % len(keys) if keys else 0
        for key in [*keys[start:], *keys[:start]]:
            if key in failed:
                continue
            try:
                answers[key].append(question(peers[key]))
            except PeerError as error:
                failed[key] = str(error)
    return Turns({key: given for key, given in answers.items() if key not in failed}, failed)


def ratio_of_rounds(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Ours divided by theirs, round by round: the median and the range."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def summary(rounds: Sequence[float]) -> dict[str, float]:
    """The median of the rounds, and their range."""
    return {"median": short(statistics.median(rounds)), "lowest": short(min(rounds)), "highest": short(max(rounds))}


def short(number: float) -> float:
    """A number to four significant digits, as the report keeps it."""
    return float(f"{number:.4g}")
