"""Tables of a document: one that fits a terminal, with what failed and the verdict, and a long one for documentation.

Both are Markdown, to be copied as they are.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from drupelet_export.report.document import EDGE_SUITE, Document, Result, Share, StageError, SuiteComparison, TensorCost
from drupelet_export.report.wording import cut, number_text, time_text, visible

TERMINAL_COLUMNS = 120
"""Width of what the terminal shows; sentences about failures, which name files, are left whole."""
HEADER = ("file", "engine", "bytes", "flips", "max dp", "99.9 % dp", "accuracy (95 %)", "text to label", "verdict")
LONG_HEADER = (
    *("file", "engine", "bytes", "texts", "n", "flips", "max dp", "99.9 % dp", "accuracy (95 %)", "change (95 %)"),
    *("edge texts", "text to label", "verdict"),
)
EXPLANATION_HEADER = ("scheme", "tensor or stage", "max dp", "mean dp", "flips", "relative error")
MAX_NAME_CHARACTERS = 40
"""Characters shown of a name in a cell: those that export writes have 18, a saved document may hold anything."""


def render_verification(document: Document, title: str) -> str:
    """The document for a terminal: a line for every file and engine, facts that they share, failures, the verdict."""
    compared = [(result, result.main) for result in document.results if result.main is not None]
    lines = []
    if compared:
        lines += [_markdown(HEADER, [_cells(result, main) for result, main in compared]), ""]
    for fact in _facts(compared):
        lines += textwrap.wrap(fact, TERMINAL_COLUMNS, break_long_words=False, break_on_hyphens=False)
    lines += _notes(document)
    if document.explanation:
        lines += ["", _markdown(EXPLANATION_HEADER, [_explanation_cells(row) for row in document.explanation]), ""]
    return "\n".join([*lines, f"{title}: {'answers like Keras' if document.passed else 'DOES NOT answer like Keras'}"])


def markdown_table(document: Document) -> str:
    """The document as a Markdown table of 13 columns, which says everything about a file on an engine in one line."""
    return _markdown(
        LONG_HEADER, [_long_cells(result, result.main) for result in document.results if result.main is not None]
    )


def _cells(result: Result, main: SuiteComparison) -> list[str]:
    latency = result.latency_us
    return [
        _name(result.file),
        _name(result.engine),
        str(result.size_bytes),
        str(main.flips),
        _difference(main.max_difference),
        _difference(main.p999_difference),
        _share(main.accuracy, ".4f", ".3f"),
        "" if latency is None else time_text(latency.p50),
        "passed" if result.passed else "FAILED",
    ]


def _long_cells(result: Result, main: SuiteComparison) -> list[str]:
    latency, edge = result.latency_us, _edge(result)
    milliseconds = None if latency is None or latency.p50 is None else latency.p50 / 1000
    return [
        _name(result.file),
        _name(result.engine) if result.version is None else f"{_name(result.engine)} ({_name(result.version)})",
        str(result.size_bytes),
        _name(str(result.main_suite)),
        str(main.n),
        str(main.flips),
        _difference(main.max_difference),
        _difference(main.p999_difference),
        _share(main.accuracy, ".4f", ".3f"),
        _share(main.accuracy_change, "+.4f", "+.4f"),
        "" if edge is None else f"{edge.n}, {edge.flips} flips, {_difference(edge.max_difference)}",
        "" if latency is None else f"{number_text(milliseconds, '.2f')} ms",
        "passed" if result.passed else "FAILED",
    ]


def _facts(compared: Sequence[tuple[Result, SuiteComparison]]) -> Iterator[str]:
    """Sentences about all lines of the table: the texts, the edge texts, calibration, the engines' versions."""
    texts = dict.fromkeys(
        f"{main.n:,} {_name(str(result.main_suite)).replace('_', '-')} texts" for result, main in compared
    )
    if texts:
        keras = dict.fromkeys(main.reference_accuracy for _, main in compared if main.reference_accuracy is not None)
        shares = [number_text(accuracy.share, ".4f") for accuracy in keras]
        yield f"compared on {' or '.join(texts)}" + (f"; accuracy of Keras {' or '.join(shares)}" if shares else "")
    edges = [edge for result, _ in compared if (edge := _edge(result)) is not None]
    if edges:
        unknown = any(edge.max_difference is None for edge in edges)
        largest = None if unknown else max(edge.max_difference or 0.0 for edge in edges)
        yield (
            f"and on {max(edge.n for edge in edges)} edge texts: at most {max(edge.flips for edge in edges)} flips in a file, "
            f"max dp {_difference(largest)}"
        )
    errors = [error for _, main in compared if (error := main.expected_calibration_error) is not None]
    if errors:
        known = next(main for _, main in compared if main.expected_calibration_error is not None)
        yield (
            f"expected calibration error on {known.n:,} texts: {min(errors):.4f} to {max(errors):.4f}, "
            f"Keras {number_text(known.reference_expected_calibration_error, '.4f')}"
        )
    versions = dict.fromkeys((result.engine, result.version) for result, _ in compared if result.version is not None)
    if versions:
        yield "engines: " + "; ".join(f"{_name(engine)} ({_name(str(version))})" for engine, version in versions)


def _notes(document: Document) -> Iterator[str]:
    """What failed and what did not run, a sentence each."""
    for finding in document.findings:
        yield f"FAILED: {visible(finding)}"
    for result in document.results:
        where = visible(f"{result.file} on {result.engine}")
        if result.not_run_because is not None:
            yield f"not run: {where}: {visible(result.not_run_because)}"
        for suite, comparison in result.suites.items():
            for failure in comparison.failures:
                yield f"FAILED: {where}, {visible(suite)}: {visible(failure)}"


def _explanation_cells(row: TensorCost | StageError) -> list[str]:
    if isinstance(row, StageError):
        return [_name(row.scheme), f"after {_name(row.stage)}", "", "", "", number_text(row.relative_error, ".2%")]
    flips = "" if row.flips is None else str(row.flips)
    return [_name(row.scheme), _name(row.tensor), _difference(row.max_dp), _difference(row.mean_dp), flips, ""]


def _edge(result: Result) -> SuiteComparison | None:
    """The comparison of odd texts, where others were compared besides."""
    return None if result.main_suite == EDGE_SUITE else result.suites.get(EDGE_SUITE)


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = Table(*header, box=box.MARKDOWN)
    for row in rows:
        table.add_row(*row)
    stream = io.StringIO()
    # Wider than any table, for a line that is broken is no Markdown.
    Console(file=stream, width=1000, color_system=None, markup=False, emoji=False, highlight=False).print(table)
    return "\n".join(line.strip() for line in stream.getvalue().strip().splitlines())


def _name(name: str) -> str:
    return cut(name, MAX_NAME_CHARACTERS).replace("|", "\\|")


def _difference(value: float | None) -> str:
    return number_text(value, ".1e")


def _share(value: Share | None, share: str, interval: str) -> str:
    if value is None:
        return ""
    low, high = (number_text(end, interval) for end in value.interval_95)
    return f"{number_text(value.share, share)} ({low} to {high})"
