"""The sections of the comparison. Each returns figures by the key of a peer, and the reasons of those that failed."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.compare.child import PeerProcess
from benchmarks.compare.fresh import above_bare, memory_mb, start_ms
from benchmarks.compare.turns import in_turn, ratio_of_rounds, short, summary
from benchmarks.compare.workloads import WARM_UP, Extent
from drupelet_train.training.scores import wilson_interval

LIMIT_S = 120.0
"""Seconds that a peer may take for a request beyond its time for measuring: it includes the text that is being answered."""
LABEL_LIMIT_S = 900.0
START_LIMIT_S = 120.0
MEMORY_LIMIT_S = 300.0
MEMORY_REPEATS = 2
FEWEST_TOGETHER, TOGETHER = 16, 256

Figures = tuple[dict[str, Any], dict[str, str]]
"""Figures by the key of a peer, and the reason of each peer that failed."""


def measure_single(
    peers: Mapping[str, PeerProcess], name: str, texts: Sequence[str], extent: Extent, reference: str
) -> Figures:
    """Microseconds of one text at a time: medians, the 95th percentile, and the ratio of round medians to the reference's.

    ``cpu_share`` is the median share of the time in which a peer computed. With one thread, the rest is other work on its core.
    """
    kept = in_turn(peers, 1, lambda peer: peer.ask(LIMIT_S, "keep", name=name, texts=texts))
    alive = {key: peer for key, peer in peers.items() if key not in kept.failed}
    limit = LIMIT_S + 2 * extent.seconds
    turns = in_turn(
        alive, extent.rounds, lambda peer: peer.ask(limit, "time", name=name, seconds=extent.seconds, warm_up=WARM_UP)
    )
    medians = {key: [statistics.median(answer["us"]) for answer in given] for key, given in turns.answers.items()}
    figures: dict[str, Any] = {}
    for key, given in turns.answers.items():
        calls = sorted(us for answer in given for us in answer["us"])
        figures[key] = {
            "p50_us": short(statistics.median(calls)),
            "p95_us": short(calls[min(len(calls) - 1, int(0.95 * len(calls)))]),
            "rounds_us": [short(median) for median in medians[key]],
            "calls": len(calls),
            "cpu_share": short(statistics.median(answer["cpu_share"] for answer in given)),
        }
        if reference in medians:
            against = ratio_of_rounds(medians[key], medians[reference])
            figures[key]["ratio"] = {
                "median": short(against.median), "lowest": short(against.lowest), "highest": short(against.highest),
            }  # fmt: skip
    return figures, {**kept.failed, **turns.failed}


def measure_batch(peers: Mapping[str, PeerProcess], name: str, texts: Sequence[str], extent: Extent) -> Figures:
    """Texts a second when many come together: medians over rounds, and their range.

    A peer gets as many texts a call as it can answer in the time for measuring, up to TOGETHER, as a first try tells.
    """
    kept = in_turn(peers, 1, lambda peer: peer.ask(LIMIT_S, "keep", name=name, texts=texts))
    alive = {key: peer for key, peer in peers.items() if key not in kept.failed}

    def question(peer: PeerProcess, most: int, together: int) -> Mapping[str, Any]:
        return peer.ask(LIMIT_S, "batch", name=name, seconds=extent.batch_seconds, most=most, together=together)

    first = in_turn(alive, 1, lambda peer: question(peer, FEWEST_TOGETHER, FEWEST_TOGETHER))
    together = {
        alive[key]: max(FEWEST_TOGETHER, min(TOGETHER, int(extent.batch_seconds / answer["seconds"] * answer["texts"])))
        for key, (answer,) in first.answers.items()
    }
    alive = {key: peer for key, peer in alive.items() if peer in together}
    turns = in_turn(alive, extent.batch_rounds, lambda peer: question(peer, len(texts), together[peer]))
    figures = {
        key: summary([answer["texts"] / answer["seconds"] for answer in given]) for key, given in turns.answers.items()
    }
    return figures, {**kept.failed, **first.failed, **turns.failed}


def measure_accuracy(peers: Mapping[str, PeerProcess], texts: Sequence[str], labels: Sequence[str]) -> Figures:
    """The share of held-out reviews with their true label, with Wilson's 95 % interval."""
    kept = in_turn(peers, 1, lambda peer: peer.ask(LIMIT_S, "keep", name="labelled", texts=texts))
    alive = {key: peer for key, peer in peers.items() if key not in kept.failed}
    turns = in_turn(alive, 1, lambda peer: peer.ask(LABEL_LIMIT_S, "label", name="labelled"))
    figures = {}
    for key, (answer,) in turns.answers.items():
        right = sum(given == label for given, label in zip(answer["labels"], labels, strict=True))
        low, high = wilson_interval(right / len(labels), len(labels))
        figures[key] = {"accuracy": right / len(labels), "interval_95": [short(low), short(high)], "n": len(labels)}
    return figures, {**kept.failed, **turns.failed}


def measure_start(programs: Mapping[str, tuple[Path, str]], bare: str, repeats: int) -> Figures:
    """Milliseconds of import, load and first label in a fresh process above those of a bare Python: median and quarters."""
    taken, failed = above_bare(
        repeats, 1, lambda python, program: start_ms(python, program, START_LIMIT_S), programs, bare
    )
    figures = {}
    for key, found in taken.items():
        low, middle, high = statistics.quantiles(found, n=4) if len(found) > 1 else found * 3
        figures[key] = {"median": short(middle), "lower_quarter": short(low), "upper_quarter": short(high)}
    return figures, failed


def measure_memory(programs: Mapping[str, tuple[Path, str]], bare: str) -> Figures:
    """Resident MB of a fresh process above those of a bare Python."""
    taken, failed = above_bare(
        MEMORY_REPEATS, 0, lambda python, program: memory_mb(python, program, MEMORY_LIMIT_S), programs, bare
    )
    return {key: short(statistics.median(found)) for key, found in taken.items()}, failed
