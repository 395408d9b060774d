"""The outcome of a run of the rig: a row for each engine on each board, compared with the workstation's answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pi.rounds import NATIVE, Answers, Finding

SCHEMA_VERSION = 1
WORKSTATION = "x86_64"


@dataclass(frozen=True)
class Row:
    """One engine on one board, with one tier if the engine has tiers.

    ``n`` goldens were compared with Keras. ``difference_to_x86_64`` is the greatest difference between a probability here and
    the one of the same library on the workstation; it is infinite when answers are missing.
    """

    root: str
    board: str
    python: str
    machine: str
    environment: str
    engine: str
    library: str
    tier: str | None
    installed_bytes: int
    memory_mb: float | None
    n: int
    flips: int
    max_difference: float
    difference_to_x86_64: float
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True when there is no failure."""
        return not self.failures


@dataclass(frozen=True)
class Outcome:
    """All rows. ``absent`` has the reasons why engines cannot run, by root and engine."""

    rows: tuple[Row, ...]
    absent: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, str]

    @property
    def passed(self) -> bool:
        """True when there is a row and every row passed."""
        return bool(self.rows) and all(row.passed for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """The outcome as a JSON object. Numbers that are not finite become null."""

        def plain(value: Any) -> Any:
            return None if isinstance(value, float) and not math.isfinite(value) else value

        return {
            "schema_version": SCHEMA_VERSION,
            "passed": self.passed,
            "versions": dict(self.versions),
            "rows": [
                {"passed": row.passed, **{name: plain(value) for name, value in asdict(row).items()}}
                for row in self.rows
            ],
            "absent": {root: dict(reasons) for root, reasons in self.absent.items()},
        }


def family(finding: Finding) -> tuple[str, str]:
    """The engine and the library's name without its version. Findings of the same family are compared between places."""
    return finding.engine, finding.library.partition(" ")[0]


def judged(finding: Finding, references: Iterable[Finding]) -> tuple[float, tuple[str, ...]]:
    """The greatest difference to the workstation's answers, and all failures: the finding's own, and those found here."""
    reference = next((one for one in references if family(one) == family(finding)), None)
    if reference is None:
        return math.inf, (*finding.failures, "the workstation has no answers of this library")
    difference = greatest_difference(finding.answers, reference.answers)
    failures = list(finding.failures)
    if finding.engine == NATIVE:
        if difference != 0:
            failures.append(f"other bits than on x86-64: probabilities differ by up to {difference:.1e}")
        if not finding.networks or finding.networks != reference.networks:
            failures.append(f"other bits than on x86-64: {_networks_that_differ(finding, reference)}")
    elif not math.isfinite(difference):
        failures.append("answers are missing or NaN, unlike on x86-64")
    return difference, tuple(failures)


def greatest_difference(answers: Answers, reference: Answers) -> float:
    """The greatest difference of any probability in ``answers``; infinite when there is none or a counterpart is missing."""
    worst = 0.0 if answers else math.inf
    for key, rows in answers.items():
        expected = reference.get(key, [])
        if len(expected) != len(rows):
            return math.inf
        for row, expected_row in zip(rows, expected, strict=True):
            worst = max(worst, _row_difference(row, expected_row))
    return worst


def _row_difference(row: Sequence[float], expected: Sequence[float]) -> float:
    if len(row) != len(expected):
        return math.inf
    pairs = [(a, b) for a, b in zip(row, expected, strict=True) if not (math.isnan(a) and math.isnan(b))]
    return max((math.inf if math.isnan(a - b) else abs(a - b) for a, b in pairs), default=0.0)


def _networks_that_differ(finding: Finding, reference: Finding) -> str:
    ours, theirs = finding.networks or {}, reference.networks or {}
    names = [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    return f"{len(names)} of {len(theirs)} networks, the first {', '.join(names[:3]) or 'none was run'}"
