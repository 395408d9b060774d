"""Renders a verification for people. It reads the JSON document alone, so a saved one can be shown again."""

from __future__ import annotations

import io
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

HEADER = ("file", "engine", "texts", "n", "flips", "max dp", "99.9 % dp", "accuracy (95 %)", "Keras", "verdict")


def render_verification(report: dict[str, Any], title: str) -> str:
    """A table with a line for every file, engine and suite, what failed, and the verdict; plain text."""
    table = Table(*HEADER, box=box.MARKDOWN)
    notes = []
    for result in report["results"]:
        if result["not_run_because"] is not None:
            notes.append(f"not run: {result['file']} on {result['engine']}: {result['not_run_because']}")
        for suite, comparison in result["suites"].items():
            engine = f"{result['engine']} ({result['version']})"
            table.add_row(result["file"], engine, suite, *_cells(comparison))
            notes += [f"FAILED: {result['file']} on {result['engine']}, {suite}: {f}" for f in comparison["failures"]]
    stream = io.StringIO()
    console = Console(file=stream, width=200, color_system=None, markup=False, emoji=False, highlight=False)
    console.print(table)
    for note in notes:
        console.print(note, soft_wrap=True)
    verdict = "answers like Keras" if report["passed"] else "DOES NOT answer like Keras"
    console.print(f"{title}: {verdict}", soft_wrap=True)
    return "\n".join(line.strip() for line in stream.getvalue().strip().splitlines())


def _cells(comparison: dict[str, Any]) -> list[str]:
    def difference(value: float | None) -> str:
        return "not finite" if value is None else f"{value:.1e}"

    def share(value: dict[str, Any] | None) -> str:
        return "" if value is None else f"{value['share']:.4f}"

    accuracy = comparison["accuracy"]
    interval = "" if accuracy is None else " ({:.3f}-{:.3f})".format(*accuracy["interval_95"])
    return [
        str(comparison["n"]),
        str(comparison["flips"]),
        difference(comparison["max_difference"]),
        difference(comparison["p999_difference"]),
        share(accuracy) + interval,
        share(comparison["reference_accuracy"]),
        "passed" if comparison["passed"] else "FAILED",
    ]
