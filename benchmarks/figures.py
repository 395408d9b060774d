"""The goals of the native engine, and pure functions from measured numbers to verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drupelet.cli.table import render_table
from drupelet.comparison import GATES

VERDICTS = ("aim met", "must met", "MISSED")


@dataclass(frozen=True)
class Goal:
    """A bound that ``must`` hold, and a stricter one to ``aim`` at. Both are upper bounds, or lower ones if ``at_least``."""

    must: float
    aim: float
    at_least: bool = False

    def __post_init__(self) -> None:
        if self.aim != self.must and (self.aim > self.must) is not self.at_least:
            raise ValueError(f"aim {self.aim} asks for less than must {self.must}")

    def verdict(self, value: float) -> str:
        """The verdict on a value, one of VERDICTS. A NaN misses."""
        if self._holds(value, self.aim):
            return "aim met"
        return "must met" if self._holds(value, self.must) else "MISSED"

    def _holds(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    ``unit`` follows every number. ``spread`` says how the value varied, or what it consists of. ``failures`` are reasons to
    miss, whatever the value is.
    """

    key: str
    name: str
    goal: Goal
    value: float
    unit: str
    spread: str
    failures: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The verdict on the figure, one of VERDICTS."""
        return "MISSED" if self.failures else self.goal.verdict(self.value)

    def to_json(self) -> dict[str, Any]:
        """The figure as a JSON object."""
        return {
            "key": self.key,
            "name": self.name,
            "must": self.goal.must,
            "aim": self.goal.aim,
            "bound": "at least" if self.goal.at_least else "at most",
            "measured": self.value,
            "unit": self.unit,
            "spread": self.spread,
            "failures": list(self.failures),
            "verdict": self.verdict,
        }


GOALS = {
    "onnxruntime_ratio": Goal(0.25, 0.12),
    "fasttext_ratio": Goal(1.1, 0.6),
    "short_texts_ratio": Goal(5, 15, at_least=True),
    "start_ms": Goal(15, 5),
    "memory_mb": Goal(6, 3),
    "installed_kb": Goal(400, 200),
    "parity_wi8_flips": Goal(100 * GATES["wi8"].max_flip_share, 0.05),
}
"""The bounds of every figure. kB and MB are powers of ten; flips are in percent."""


def all_reached(figures: Sequence[Figure]) -> bool:
    """True when there is exactly one figure for each of GOALS, and none misses its ``must``."""
    measured = sorted(figure.key for figure in figures)
    return measured == sorted(GOALS) and all(figure.verdict != "MISSED" for figure in figures)


def render_figures(figures: Sequence[Figure]) -> str:
    """The table with one row per figure, and below it the failures of figures."""
    rows = []
    for figure in figures:
        sign = ">=" if figure.goal.at_least else "<="
        rows.append(
            [
                figure.name,
                f"{sign} {with_unit(figure.goal.must, figure.unit)}",
                f"{sign} {with_unit(figure.goal.aim, figure.unit)}",
                with_unit(figure.value, figure.unit),
                figure.spread,
                figure.verdict,
            ]
        )
    lines = [render_table(("figure", "must", "aim", "measured", "spread", "verdict"), rows)]
    lines += [f"MISSED: {figure.name}: {reason}" for figure in figures for reason in figure.failures]
    return "\n".join(lines)


def markdown_figures(rows: Sequence[Mapping[str, Any]]) -> str:
    """The figures of a report (their JSON objects) as a Markdown table, which docs/measurements.md quotes."""
    lines = ["| figure | must | aim | measured | |", "|---|---|---|---|---|"]
    for row in rows:
        sign = ">=" if row["bound"] == "at least" else "<="
        must, aim, measured = (with_unit(row[field], row["unit"]) for field in ("must", "aim", "measured"))
        lines.append(f"| {row['name']} | {sign} {must} | {sign} {aim} | {measured} | {row['verdict']} |")
    return "\n".join(lines)


def with_unit(value: float, unit: str) -> str:
    """A number with its unit, to three significant digits or all digits before the point: ``0.123 x``, ``412 kB``."""
    digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{digits} {unit}"
