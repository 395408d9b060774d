"""Charts of a document. This module chooses the numbers, colours and captions; the module ``figures`` draws them.

Each function returns the charts of one section of the page, or nothing when the document lacks their numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from drupelet.comparison import Accuracy
from drupelet.manifest import FORMATS
from drupelet.schemes import SCHEMES
from drupelet_export.report import figures
from drupelet_export.report.document import Document, PruningStep, ReliabilityBins, Result, SuiteComparison, TensorCost
from drupelet_export.report.wording import count_text, difference_text, share_text, size_text, time_text


@dataclass(frozen=True)
class Mark:
    """An entry of a legend."""

    picture: Markup
    name: str


@dataclass(frozen=True)
class Chart:
    """A figure with its legend. ``title`` and the lines of ``words`` are parts of the caption.

    ``has_failed`` is true when the figure has the mark of a failed gate, so that the legend explains it.
    """

    picture: Markup
    title: str = ""
    words: tuple[str, ...] = ()
    legend: tuple[Mark, ...] = ()
    has_failed: bool = False


@dataclass(frozen=True)
class Calibration:
    """The reliability diagrams of answers to ``texts`` texts, with ``bins`` bins."""

    charts: tuple[Chart, ...]
    bins: int
    texts: int


@dataclass(frozen=True)
class Ledger:
    """The bytes of every file by part, and the parts from the largest to the smallest."""

    chart: Chart
    parts: tuple[str, ...]


@dataclass(frozen=True)
class SchemeCosts:
    """The cost of every tensor that a scheme quantizes, from the largest to the smallest."""

    scheme: str
    chart: Chart
    costs: tuple[TensorCost, ...]


@dataclass(frozen=True)
class Pruning:
    """Accuracy (where it is known) and size over the words that are kept."""

    charts: tuple[Chart, ...]
    steps: tuple[PruningStep, ...]


def accuracy_chart(document: Document) -> Chart | None:
    """Accuracy over size, where an accuracy is known; ``words`` name the results without one."""
    colours, shapes = _scheme_colours(document), _format_shapes(document)
    points, unknown, references = [], [], []
    for result in document.results:
        known = _accuracy(result.main)
        if known is None:
            unknown.append(result.title)
        else:
            points.append(
                figures.Point(
                    result.title,
                    result.size_bytes,
                    *known,
                    colours[result.scheme],
                    shapes[result.format],
                    result.passed is False,
                )
            )
        reference = None if result.main is None else result.main.reference_accuracy
        if reference is not None and reference.share is not None:
            references.append(reference.share)
    if not points:
        return None
    picture = figures.scatter(points, references[0] if references else None)
    return Chart(picture, words=tuple(unknown), legend=_legend(document), has_failed=_has_failed(document))


def size_chart(document: Document) -> Chart | None:
    """The size of every file."""
    if not document.results:
        return None
    colours = _scheme_colours(document)
    rows = [
        figures.Bar(
            result.title,
            result.size_bytes,
            size_text(result.size_bytes),
            colours[result.scheme],
            failed=result.passed is False,
        )
        for result in document.results
    ]
    picture = figures.bars("size", "Size of every file", "size", rows, size_text)
    return Chart(picture, legend=_legend(document), has_failed=_has_failed(document))


def latency_chart(document: Document) -> Chart | None:
    """The latency of every file, where one was measured."""
    if all(result.latency_us is None for result in document.results):
        return None
    colours = _scheme_colours(document)
    rows = [_latency_bar(result, colours[result.scheme]) for result in document.results]
    return Chart(figures.bars("latency", "Latency of every file", "time for one text", rows, time_text))


def difference_charts(document: Document) -> tuple[Chart, ...]:
    """A histogram of the differences from Keras for every file. The scale of the heights is the same in all."""
    colours = _scheme_colours(document)
    shown = [(result, result.histogram) for result in document.results if result.histogram is not None]
    most = max((max(found.counts) for _, found in shown), default=0) or 1
    charts = []
    for n, (result, found) in enumerate(shown):
        gate = None if result.main is None else result.main.gate.max_difference
        texts, exact = sum(found.counts), found.counts[0]
        if texts == 0:
            words = "no finite difference"
        elif exact == texts:
            words = f"all {exact:,} exactly 0"
        else:
            words = f"{exact:,} of {texts:,} exactly 0" if exact else "none exactly 0"
        missing = 0 if result.main is None else result.main.n - texts
        if missing > 0:
            words += f", {missing:,} not finite"
        title, colour = f"Differences of {result.title}", colours[result.scheme]
        picture = figures.histogram(f"histogram-{n}", title, found.edges, found.counts, colour, gate, most)
        charts.append(Chart(picture, result.title, (words,)))
    return tuple(charts)


def calibration(document: Document) -> Calibration | None:
    """The reliability diagrams of Keras and of every file, where true labels are known."""
    colours = _scheme_colours(document)
    shown = [
        (result.title, f"c{colours[result.scheme]}", result.reliability, result.main)
        for result in document.results
        if result.reliability is not None
    ]
    if not shown:
        return None
    keras = document.reference_reliability
    if keras is not None:
        shown.insert(0, ("Keras", "plain", keras, shown[0][3]))
    reference = _bins(keras)
    filled = [part for _, _, found, _ in shown for part in _bins(found)]
    lowest = min((math.floor(10 * min(part.low, part.accuracy)) / 10 for part in filled), default=0.0)
    most = max((part.count for part in filled), default=1)
    charts = []
    for n, (title, kind, found, comparison) in enumerate(shown):
        picture = figures.reliability(
            f"reliability-{n}", f"Reliability of {title}", _bins(found), reference, kind, lowest, most
        )
        charts.append(Chart(picture, title, tuple(_calibration_words(found, comparison))))
    texts = max(sum(found.counts) for _, _, found, _ in shown)
    return Calibration(tuple(charts), len(shown[0][2].counts), texts)


def ledger(document: Document) -> Ledger | None:
    """The bytes of every file by part. When there are more parts than colours, the smallest parts share the last colour."""
    files = {file: parts for file, parts in (document.ledger or {}).items() if parts}
    if not files:
        return None
    totals: dict[str, int] = {}
    for parts in files.values():
        for part, size_bytes in parts.items():
            totals[part] = totals.get(part, 0) + size_bytes
    ordered = sorted(totals, key=lambda part: -totals[part])
    names = ordered if len(ordered) <= figures.COLOURS else [*ordered[: figures.COLOURS - 1], "other parts"]
    rows = []
    for file, parts in files.items():
        sizes = [parts.get(part, 0) for part in ordered]
        rows.append((file, [*sizes[: len(names) - 1], sum(sizes[len(names) - 1 :])]))
    picture = figures.stacked("bytes", "Bytes of every file by part", rows, names)
    legend = tuple(Mark(figures.marker(1, 7, 7, f"c{n}"), name) for n, name in enumerate(names))
    return Ledger(Chart(picture, legend=legend), tuple(ordered))


def explanation(document: Document) -> tuple[SchemeCosts, ...]:
    """The cost of quantizing each tensor alone, scheme by scheme."""
    rows = document.tensor_costs
    colours = _numbering((row.scheme for row in rows), SCHEMES)
    explained = []
    for n, scheme in enumerate(dict.fromkeys(row.scheme for row in rows)):
        costs = sorted(
            (row for row in rows if row.scheme == scheme),
            key=lambda row: -math.inf if row.max_dp is None else -row.max_dp,
        )
        bars = [figures.Bar(row.tensor, row.max_dp, difference_text(row.max_dp), colours[scheme]) for row in costs]
        picture = figures.bars(f"explain-{n}", f"Cost of {scheme} by part", "largest difference", bars, difference_text)
        explained.append(SchemeCosts(scheme, Chart(picture), tuple(costs)))
    return tuple(explained)


def pruning(document: Document) -> Pruning | None:
    """Accuracy and size over the words that are kept."""
    if not document.pruning:
        return None
    steps = sorted(document.pruning, key=lambda step: step.words)
    accuracies = [(step.words, step.accuracy) for step in steps if step.accuracy is not None]
    sizes = [(step.words, step.size_bytes) for step in steps]
    charts = []
    if accuracies:
        picture = figures.curve(
            "pruning-accuracy",
            "Accuracy over words kept",
            ("words kept", "accuracy"),
            accuracies,
            (count_text, "{:.3f}".format),
            from_zero=False,
        )
        charts.append(Chart(picture, words=("Accuracy when only the most frequent words are kept.",)))
    picture = figures.curve(
        "pruning-size", "Size over words kept", ("words kept", "size"), sizes, (count_text, size_text), from_zero=True
    )
    charts.append(Chart(picture, words=("Size of the file with that many words.",)))
    return Pruning(tuple(charts), tuple(steps))


def _accuracy(comparison: SuiteComparison | None) -> tuple[float, tuple[float, float]] | None:
    """The accuracy and its interval, or None unless all three numbers are known."""
    if comparison is None or comparison.accuracy is None:
        return None
    share, (low, high) = comparison.accuracy.share, comparison.accuracy.interval_95
    return None if share is None or low is None or high is None else (share, (low, high))


def _latency_bar(result: Result, colour: int) -> figures.Bar:
    latency, failed = result.latency_us, result.passed is False
    if latency is None or latency.p50 is None:
        return figures.Bar(result.title, None, "not measured", colour, failed=failed)
    return figures.Bar(result.title, latency.p50, time_text(latency.p50), colour, latency.p95, failed)


def _calibration_words(found: ReliabilityBins, comparison: SuiteComparison | None) -> Iterable[str]:
    answers = sum(found.counts)
    if not answers:
        yield "no answer is a probability"
        return
    yield f"error {share_text(found.expected_calibration_error)}"
    yield f"by chance {share_text(found.error_by_chance)}"
    if comparison is not None and answers < comparison.n:
        yield f"{comparison.n - answers:,} not finite"


def _bins(found: ReliabilityBins | None) -> list[figures.Bin]:
    """The bins of a reliability that are not empty."""
    if found is None:
        return []
    bins = len(found.counts)
    columns = zip(found.counts, found.confidences, found.accuracies, strict=True)
    return [
        figures.Bin(
            n / bins, (n + 1) / bins, count, confidence, accuracy, Accuracy(count, round(accuracy * count)).interval()
        )
        for n, (count, confidence, accuracy) in enumerate(columns)
        if confidence is not None and accuracy is not None
    ]


def _scheme_colours(document: Document) -> dict[str, int]:
    return _numbering((result.scheme for result in document.results), SCHEMES)


def _format_shapes(document: Document) -> dict[str, int]:
    return _numbering((result.format for result in document.results), FORMATS)


def _numbering(values: Iterable[str], known: Sequence[str]) -> dict[str, int]:
    """The number of a colour or shape for every value: known values have fixed numbers, others get the next ones."""
    return {value: n % figures.COLOURS for n, value in enumerate(dict.fromkeys([*known, *values]))}


def _has_failed(document: Document) -> bool:
    return any(result.passed is False for result in document.results)


def _legend(document: Document) -> tuple[Mark, ...]:
    colours, shapes = _scheme_colours(document), _format_shapes(document)
    schemes = sorted({result.scheme for result in document.results}, key=colours.__getitem__)
    formats = sorted({result.format for result in document.results}, key=shapes.__getitem__)
    return (
        *(Mark(figures.marker(1, 7, 7, f"c{colours[scheme]}"), scheme) for scheme in schemes),
        *(Mark(figures.marker(shapes[name], 7, 7, "plain"), name) for name in formats),
    )
