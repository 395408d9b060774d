"""Prints what a million reviews cost on other machines: ``python -m benchmarks.scale``, for docs/scale.md.

What was measured is in docs/reports/score.json (``make score-million``, on the machine that it names), what was predicted in
docs/reports/predicted-cycles.json (``make predict-cycles``). Everything else is a division, and says from what.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.score_rows import REVIEWS

REPORTS = Path("docs/reports")
ROWS = 1_000_000
PI_CORES = 4
MACHINES, PIS = 10, 100
FLEET = "Pi 4"
FULL_RANGE = 127
"""Weights of all int8: the way of every file that was not exported with --weight-range."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; exit status 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--reports", type=Path, default=REPORTS, help=f"folder of the reports (default: {REPORTS})")
    options = parser.parse_args(arguments)
    score, cycles = (
        json.loads((options.reports / name).read_text(encoding="utf-8"))
        for name in ("score.json", "predicted-cycles.json")
    )
    print(table(score, cycles))
    return 0


def measured(score: Mapping[str, Any]) -> tuple[float, float]:
    """Reviews a second of one process and of two."""
    runs = {
        (run["kind"], run["workers"]): run for run in score["runs"] if run["texts"] == REVIEWS and run["rows"] == ROWS
    }
    return runs["jobs", 1]["rows_per_s"], runs["jobs", 2]["rows_per_s"]


def lines(score: Mapping[str, Any], cycles: Mapping[str, Any]) -> list[tuple[str, str, float, str]]:
    """Machines, how they are asked, reviews a second, and what that is divided from."""
    one, two = measured(score)
    share = two / (2 * one)  # what each of two processes does, of what one does alone
    found = [
        ("a workstation, one core", "score", one, "measured"),
        ("a workstation, two cores", "score --jobs 2", two, "measured"),
        (
            f"{MACHINES} such machines",
            "score --ray",
            min(MACHINES * two, score["read_rows_per_s"]),
            "at most: what one process can read",
        ),
        (f"{MACHINES} such machines", "a share of the files each", MACHINES * two, f"{MACHINES} times two cores"),
    ]
    for processor in cycles["processors"]:
        if processor["weight_range"] != FULL_RANGE:
            continue
        rate = 1e6 / processor["us_per_review"]
        found.append((f"a {processor['device']}, one core", "predict", rate, "predicted"))
        found.append(
            (
                f"a {processor['device']}, four cores",
                "predict --threads 4",
                PI_CORES * share * rate,
                f"four times {share:.2f} of it",
            )
        )
        if processor["device"] == FLEET:
            found.append(
                (f"{PIS} {FLEET}s", "a share of the texts each", PIS * PI_CORES * share * rate, f"{PIS} times that")
            )
    return found


def table(score: Mapping[str, Any], cycles: Mapping[str, Any]) -> str:
    """The lines for people, as Markdown, with the time of a million reviews."""
    head = ("machine", "asked with", "reviews a second", "a million take", "from")
    rows = [head, ("---",) * len(head)]
    rows += [
        (who, how, f"{rate:,.0f}", duration(ROWS / rate), source) for who, how, rate, source in lines(score, cycles)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def duration(seconds: float) -> str:
    """Seconds, or minutes from two of them on."""
    return f"{seconds:,.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    sys.exit(main())
