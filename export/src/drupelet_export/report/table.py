"""Tables of a document: one that fits a terminal, with failures and the verdict below it, and a wide one for documentation.

Both are Markdown and can be pasted as they are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from drupelet_export.report.document import (
    EDGE_SUITE,
    NEAREST_SUITE,
    Document,
    Result,
    Share,
    StageError,
    SuiteComparison,
    TensorCost,
)
from drupelet_export.report.wording import cut, number_text, texts_text, time_text, visible

HEADER = ("file", "engine", "bytes", "flips", "max dp", "99.9 % dp", "accuracy (95 %)", "latency", "verdict")
LONG_HEADER = (
    *("file", "engine", "bytes", "texts", "n", "flips", "max dp", "99.9 % dp", "accuracy (95 %)", "change (95 %)"),
    *("edge texts", "text to label", "verdict"),
)
EXPLANATION_HEADER = ("scheme", "tensor or stage", "max dp", "mean dp", "flips", "relative error")
MAX_VERSION_CHARACTERS = 80
MAX_NAME_CHARACTERS = 40
"""Maximum characters of a name in a cell. Names that export writes have 18; a saved document may hold anything."""


def render_verification(document: Document, title: str) -> str:
    """The document for a terminal: a row for every file and engine, the facts they share, the failures, the verdict."""
    compared = [(result, result.main) for result in document.results if result.main is not None]
    lines = []
    if compared:
        lines += [_markdown(HEADER, [_cells(result, main) for result, main in compared]), ""]
    lines += [*_facts(compared), *map(visible, document.decided), *_notes(document)]
    if document.explanation:
        lines += ["", _markdown(EXPLANATION_HEADER, [_explanation_cells(row) for row in document.explanation]), ""]
    left_out = [] if document.left_out is None else [f"goldens of the bundle: {document.left_out}"]
    left_open = [*left_out, *([] if document.advice is None else [document.advice])]
    return "\n".join([*lines, *left_open, f"{title}: {document.claim}"])


def markdown_table(document: Document) -> str:
    """The document as a Markdown table of 13 columns, with everything about a file on an engine in one row."""
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
        f"{main.n} of {main.total}" if main.is_sample else str(main.n),
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
    """Lines about all files together: the texts, the edge texts, calibration, the version of each engine."""
    whole = [(result, main) for result, main in compared if not main.is_sample] or list(compared)
    texts = dict.fromkeys(f"{main.n:,} {_name(str(result.main_suite))}" for result, main in whole)
    if texts:
        keras = dict.fromkeys(main.reference_accuracy for _, main in whole if main.reference_accuracy is not None)
        shares = " or ".join(number_text(accuracy.share, ".4f") for accuracy in keras)
        yield f"texts: {' or '.join(texts)}".replace("_", "-") + (f"; accuracy of Keras {shares}" if shares else "")
    yield from dict.fromkeys(
        f"{_name(result.engine)}: {texts_text(comparison.n, comparison.total)} {_name(suite).replace('_', '-')} texts, "
        f"{visible(comparison.why)}"
        for result, _ in compared
        for suite, comparison in result.suites.items()
        if comparison.why is not None and suite != NEAREST_SUITE
    )
    for suite, words in (
        ("answers", "texts that the owner answered"),
        ("foreign", "fresh foreign texts"),
        (NEAREST_SUITE, "texts on which other engines came nearest to their gates"),
        (EDGE_SUITE, "edge texts"),
    ):
        others = [
            result.suites[suite] for result, _ in compared if suite in result.suites and suite != result.main_suite
        ]
        if others:
            yield f"{words}: {_worst(others)}"
    calibrated = [main for _, main in whole if main.expected_calibration_error is not None]
    if calibrated:
        errors = [main.expected_calibration_error or 0.0 for main in calibrated]
        yield (
            f"expected calibration error: {min(errors):.4f} to {max(errors):.4f}, "
            f"Keras {number_text(calibrated[0].reference_expected_calibration_error, '.4f')}"
        )
    for engine, version in dict.fromkeys((result.engine, result.version) for result, _ in compared):
        if version is not None:
            yield f"{_name(engine)}: {cut(version, MAX_VERSION_CHARACTERS)}"


def _worst(comparisons: Sequence[SuiteComparison]) -> str:
    """The number of texts of one suite, with the most flips and the largest difference of all files."""
    differences = [comparison.max_difference for comparison in comparisons]
    finite = [difference for difference in differences if difference is not None]
    largest = max(finite) if len(finite) == len(differences) else None
    return (
        f"{max(comparison.n for comparison in comparisons):,}; in the worst file "
        f"{max(comparison.flips for comparison in comparisons):,} flips, max dp {_difference(largest)}"
    )


def _notes(document: Document) -> Iterator[str]:
    """Sentences about failures and about files that did not run."""
    for finding in document.findings:
        yield f"FAILED: {visible(finding)}"
    for check in document.text_checks:
        if check.verdict in ("noted", "accepted"):
            yield f"{check.verdict}: {visible(check.name)}: {visible(check.found)}"
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
    """The comparison on the edge suite, or None when the edge suite is the main one."""
    return None if result.main_suite == EDGE_SUITE else result.suites.get(EDGE_SUITE)


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = Table(*header, box=box.MARKDOWN)
    for row in rows:
        table.add_row(*row)
    stream = io.StringIO()
    # Wider than any table, because a row that rich wraps is no longer Markdown.
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
