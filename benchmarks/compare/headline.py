"""What a report says in a few lines: the models that ship against the quickest of the others, on whole held-out reviews."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.compare.numbers import markdown_table, number, spread
from benchmarks.compare.turns import ratio_of_rounds
from benchmarks.compare.workloads import REVIEWS

SHIPPED = ("drupelet-wi8", "drupelet-tiny", "drupelet-nano")
READERS = ("fasttext-predict", "fasttext-predict-v2", "fasttext-turbo")
"""The packages that read fastText's quantized model and are given words."""


def headline(report: Mapping[str, Any]) -> list[str]:
    """A table of the models that ship, and a sentence on fastText's readers. Nothing without figures of both sides."""
    rounds = {
        row["key"]: row["single"][REVIEWS]["rounds_us"]
        for row in report["peers"]
        if REVIEWS in row.get("single", {}) and row["failed"] is None
    }
    medians = {row["key"]: row["single"][REVIEWS]["p50_us"] for row in report["peers"] if row["key"] in rounds}
    titles = {row["key"]: row["title"] for row in report["peers"]}
    elsewhere = [row["key"] for row in report["peers"] if row["family"] == "network" and row["key"] in rounds]
    others = [key for key in (_quickest(rounds, elsewhere), _quickest(rounds, READERS)) if key is not None]
    ours = [key for key in SHIPPED if key in rounds]
    if not others or not ours:
        return []
    header = ["a whole review, from the text to the label", "µs", *(f"against {titles[key]}" for key in others)]
    table = [
        [
            f"**{titles[key]}**",
            number(medians[key]),
            *(_against(rounds[key], rounds[other]) for other in others),
        ]
        for key in ours
    ]
    lines = [
        "The models that ship against the quickest engine for the same network, and against the quickest reader "
        "of fastText's quantized model, which is given words that are tokenized already. Below 1, Drupelet is "
        "quicker.",
        "",
        *markdown_table(header, table),
    ]
    apart = readers_apart(rounds)
    if apart is not None:
        lines += ["", f"The packages that read fastText's model are within {100 * apart:.0f} % of each other."]
    return lines


def readers_apart(rounds: Mapping[str, Sequence[float]]) -> float | None:
    """How far fastText's readers are apart: the slowest's median above the quickest's, as a share; None of fewer than two."""
    medians = [statistics.median(rounds[key]) for key in READERS if key in rounds]
    return max(medians) / min(medians) - 1 if len(medians) > 1 else None


def _quickest(rounds: Mapping[str, Sequence[float]], keys: Sequence[str]) -> str | None:
    measured = [key for key in keys if key in rounds]
    return min(measured, key=lambda key: statistics.median(rounds[key])) if measured else None


def _against(ours: Sequence[float], theirs: Sequence[float]) -> str:
    found = ratio_of_rounds(ours, theirs)
    return spread(found.median, found.lowest, found.highest)
