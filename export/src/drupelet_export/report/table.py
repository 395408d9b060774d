"""Renders a verification for people. It reads the JSON document alone, so a saved one can be shown again."""

from __future__ import annotations

import io
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

HEADER = (
    *("file", "engine", "bytes", "texts", "n", "flips", "max dp", "99.9 % dp", "accuracy (95 %)", "change (95 %)"),
    *("edge texts", "text to label", "verdict"),
)
EXPLANATION_HEADER = ("scheme", "what", "max dp", "mean dp", "flips", "relative error")
EDGE = "edge"


def render_verification(report: dict[str, Any], title: str) -> str:
    """A table with a line for every file and engine, what failed, the explanation if there is one, and the verdict."""
    table = Table(*HEADER, box=box.MARKDOWN)
    notes = [f"FAILED: {finding}" for finding in report["findings"]]
    for result in report["results"]:
        where = f"{result['file']} on {result['engine']}"
        if result["not_run_because"] is not None:
            notes.append(f"not run: {where}: {result['not_run_because']}")
            continue
        table.add_row(*_cells(result))
        for suite, comparison in result["suites"].items():
            notes += [f"FAILED: {where}, {suite}: {failure}" for failure in comparison["failures"]]
    stream = io.StringIO()
    console = Console(file=stream, width=240, color_system=None, markup=False, emoji=False, highlight=False)
    console.print(table)
    if calibration := _calibration(report["results"]):
        console.print(calibration, soft_wrap=True)
    for note in notes:
        console.print(note, soft_wrap=True)
    if report.get("explanation"):
        console.print(_explanation(report["explanation"]))
    verdict = "answers like Keras" if report["passed"] else "DOES NOT answer like Keras"
    console.print(f"{title}: {verdict}", soft_wrap=True)
    return "\n".join(line.strip() for line in stream.getvalue().strip().splitlines())


def _calibration(results: list[dict[str, Any]]) -> str:
    """How far probabilities are off; nothing where true labels are not known, or for reports of earlier versions."""
    comparisons = [result["suites"][_main_suite(result)] for result in results if result["suites"]]
    known = [comparison for comparison in comparisons if comparison.get("expected_calibration_error") is not None]
    if not known:
        return ""
    errors = [comparison["expected_calibration_error"] for comparison in known]
    return (
        f"expected calibration error on {known[0]['n']} texts: {min(errors):.4f} to {max(errors):.4f}, "
        f"Keras {_number(known[0]['reference_expected_calibration_error'], '.4f')}"
    )


def _main_suite(result: dict[str, Any]) -> str:
    return next((suite for suite in result["suites"] if suite != EDGE), EDGE)


def _cells(result: dict[str, Any]) -> list[str]:
    suites, main = result["suites"], _main_suite(result)
    comparison, edge = suites[main], suites.get(EDGE)
    latency = result["latency_us"]
    return [
        result["file"],
        f"{result['engine']} ({result['version']})",
        str(result["size_bytes"]),
        main,
        str(comparison["n"]),
        str(comparison["flips"]),
        _difference(comparison["max_difference"]),
        _difference(comparison["p999_difference"]),
        _share(comparison["accuracy"], "{:.4f}", " ({:.3f} to {:.3f})"),
        _share(comparison["accuracy_change"], "{:+.4f}", " ({:+.4f} to {:+.4f})"),
        "" if edge is None else f"{edge['n']}, {edge['flips']} flips, {_difference(edge['max_difference'])}",
        "" if latency is None else f"{latency['p50'] / 1000:.2f} ms",
        "passed" if result["passed"] else "FAILED",
    ]


def _explanation(rows: list[dict[str, Any]]) -> Table:
    table = Table(*EXPLANATION_HEADER, box=box.MARKDOWN)
    for row in rows:
        error = row.get("relative_error")
        table.add_row(
            row["scheme"],
            row["tensor"] if "tensor" in row else f"after {row['stage']}",
            _difference(row["max_dp"]) if "max_dp" in row else "",
            _difference(row["mean_dp"]) if "mean_dp" in row else "",
            str(row["flips"]) if "flips" in row else "",
            "" if error is None else f"{error:.2%}",
        )
    return table


def _difference(value: float | None) -> str:
    return _number(value, ".1e")


def _number(value: float | None, form: str) -> str:
    return "not finite" if value is None else format(value, form)


def _share(value: dict[str, Any] | None, share: str, interval: str) -> str:
    return "" if value is None else share.format(value["share"]) + interval.format(*value["interval_95"])
