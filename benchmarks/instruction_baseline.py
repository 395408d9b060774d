"""The committed instruction counts, what counts of today may differ from them, and their table in docs/performance.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
BASELINE = DOCS / "reports" / "instructions.json"
PAGE = DOCS / "performance.md"
SECTION = "## Instructions, counted"
"""The heading in the page whose first table is that of the counts."""
SCHEMA_VERSION = 1
TOLERANCE = 0.02
"""Largest relative excess over the baseline. Counts of the same sources repeat within 0.01 %."""
ACCEPT = "make instructions-accept"

WORKLOADS: Mapping[str, str] = {
    "open": "open `imdb`, and a session of it",
    "text": "ten reviews to ids, by the rules of `imdb`",
    "predict": "the same reviews to answers of `imdb-nano`",
    "lstm_wi8": "a step of an LSTM of 64 units, wi8",
    "gru_wi8": "a step of a GRU of 64 units, wi8",
    "lstm_f32": "a step of an LSTM of 64 units, f32",
}
"""What is counted, by the name that the program prints."""

Counts = Mapping[str, int]
"""Instructions by workload."""


@dataclass(frozen=True)
class Baseline:
    """Counts by machine and tier, as in ``{"x86-64": {"avx2": {"open": 5_000_000}}}``, of what a version of zig compiled.

    ``counters``: the versions of the programs that counted.
    """

    zig: str
    counters: Mapping[str, str]
    instructions: Mapping[str, Mapping[str, Counts]]

    def to_json(self) -> str:
        """The document of docs/reports/instructions.json."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "zig": self.zig,
            "counters": dict(self.counters),
            "instructions": self.instructions,
        }
        return json.dumps(document, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Baseline:
        """The baseline of a document. Raises ValueError for one of another schema."""
        document: dict[str, Any] = json.loads(text)
        if document["schema_version"] != SCHEMA_VERSION:
            raise ValueError(
                f"{BASELINE.name}: schema {document['schema_version']}, expected {SCHEMA_VERSION}; {ACCEPT} writes it again"
            )
        return cls(document["zig"], document["counters"], document["instructions"])


@dataclass(frozen=True)
class Comparison:
    """Sentences about counts: ``failures`` must be acted upon, ``warnings`` need not."""

    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def compare(machine: str, tier: str, counts: Counts, baseline: Baseline) -> Comparison:
    """Compares the counts of one tier with the baseline."""
    expected = baseline.instructions.get(machine, {}).get(tier, {})
    found = Comparison()
    for workload in [*counts, *(name for name in expected if name not in counts)]:
        where = f"{machine} {tier}, {workload}"
        if workload not in expected:
            found.failures.append(f"{where}: {BASELINE.name} has no count of it; {ACCEPT} adds it")
        elif workload not in counts:
            found.failures.append(f"{where}: is in {BASELINE.name} and is not counted any more; {ACCEPT} takes it out")
        else:
            more = counts[workload] - expected[workload]
            change = more / expected[workload]
            allowed = TOLERANCE * expected[workload]
            beside = f"the {expected[workload]:,} of {BASELINE.name}"
            if more > allowed:
                found.failures.append(
                    f"{where}: {counts[workload]:,} instructions, {change:.1%} above {beside}; "
                    f"where the change is worth them, {ACCEPT} makes them the baseline"
                )
            elif more < -allowed:
                found.warnings.append(
                    f"{where}: {counts[workload]:,} instructions, {-change:.1%} below {beside}; "
                    f"{ACCEPT} lowers the baseline, which then guards the gain"
                )
    return found


def other_compiler(zig: str, baseline: Baseline) -> str | None:
    """A sentence when the baseline is of another version of the compiler, whose counts say nothing about the sources."""
    if zig == baseline.zig:
        return None
    return (
        f"zig {zig} is installed, and the counts of {BASELINE.name} are of what zig {baseline.zig} compiled; "
        f"make install brings the version of constraints.txt, and where that has changed, {ACCEPT} counts again"
    )


def markdown(baseline: Baseline) -> str:
    """The counts as a table: a row for each workload, a column for each tier of a machine."""
    columns = {
        f"{machine} {tier}": counts
        for machine, tiers in baseline.instructions.items()
        for tier, counts in tiers.items()
    }
    rows = [["instructions", *columns], ["---", *("---:" for _ in columns)]]
    for workload, what in WORKLOADS.items():
        rows.append([what, *(f"{counts[workload]:,}" for counts in columns.values())])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def with_table(page: str, table: str) -> str:
    """The page with another table in its section. Raises ValueError when it has no such section, or no table there."""
    before, heading, rest = page.partition(f"{SECTION}\n")
    lines = rest.splitlines(keepends=True)
    first = next((place for place, line in enumerate(lines) if line.startswith("|")), len(lines))
    if not heading or first == len(lines) or any(line.startswith("## ") for line in lines[:first]):
        raise ValueError(
            f"{PAGE.name}: there is no section {SECTION!r} with a table; write one, and run {ACCEPT} again"
        )
    last = next((place for place in range(first, len(lines)) if not lines[place].startswith("|")), len(lines))
    return "".join([before, heading, *lines[:first], table, *lines[last:]])
