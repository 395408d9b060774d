"""Charts choose the numbers, colours and captions of figures, and return nothing when the numbers are not known."""

from __future__ import annotations

import re
from typing import Any

import pytest

from drupelet.reliability import BINS
from drupelet_export.report import charts, figures
from drupelet_export.report.document import Document

NOT_RUN = "onnx wi4"
"""The result of the made-up report that no engine could run."""


@pytest.fixture(scope="module")
def document(full: dict[str, Any]) -> Document:
    """The document with every optional part: 4 schemes, each on 4 engines."""
    return Document.from_json(full)


@pytest.fixture
def changed(report: dict[str, Any]) -> Any:
    """A function that returns the document with other fields."""
    return lambda **fields: Document.from_json({**report, **fields})


def described(chart: charts.Chart | None) -> str:
    """The description of a figure for screen readers, which has the drawn values."""
    assert chart is not None
    found = re.search(r"<desc[^>]*>(.*?)</desc>", chart.picture)
    assert found is not None
    return found[1]


def names(chart: charts.Chart | None) -> list[str]:
    assert chart is not None
    return [mark.name for mark in chart.legend]


def test_accuracy_is_drawn_for_every_result_that_has_one(document: Document) -> None:
    chart = charts.accuracy_chart(document)
    assert chart is not None
    assert chart.picture.count('class="rim') + chart.picture.count(' rim"') == 15
    assert chart.words == (NOT_RUN,)
    assert chart.has_failed


def test_the_legend_has_schemes_and_formats_in_the_order_of_their_colours(document: Document) -> None:
    legend = ["f32", "f16", "wi8", "wi4", "drupelet", "onnx", "tflite"]
    assert names(charts.size_chart(document)) == legend
    assert names(charts.accuracy_chart(document)) == legend


def test_a_scheme_keeps_its_colour_when_others_are_missing(report: dict[str, Any], changed: Any) -> None:
    results = [result for result in report["results"] if result["scheme"] == "wi8"]
    chart = charts.size_chart(changed(passed=False, results=results))
    assert names(chart)[0] == "wi8"
    assert chart is not None
    assert 'class="c2"' in chart.legend[0].picture
    assert charts.size_chart(changed(results=[])) is None


def test_sizes_are_drawn_with_their_texts(document: Document) -> None:
    description = described(charts.size_chart(document))
    assert description.startswith("16 bars, ")
    assert "litert f32 4.20 MB" in description


def test_a_latency_that_was_not_measured_is_shown_as_such(
    document: Document, report: dict[str, Any], changed: Any
) -> None:
    assert f"{NOT_RUN} not measured" in described(charts.latency_chart(document))
    for result in report["results"]:
        result["latency_us"] = None
    assert charts.latency_chart(changed()) is None


def test_differences_have_a_histogram_for_each_result_that_ran(document: Document) -> None:
    shown = charts.difference_charts(document)
    assert [chart.title for chart in shown] == [result.title for result in document.ran]
    counts = document.results[0].histogram.counts if document.results[0].histogram else ()
    assert counts[0] > 0
    assert shown[0].words == (f"{counts[0]:,} of 2,000 exactly 0",)
    assert shown[-1].words == ("none exactly 0",)


def test_differences_that_are_not_finite_are_counted(report: dict[str, Any], changed: Any) -> None:
    histogram = report["results"][0]["histogram"]
    histogram["counts"] = [0] * len(histogram["counts"])
    assert charts.difference_charts(changed())[0].words == ("no finite difference, 2,000 not finite",)
    histogram["counts"][0] = 1500
    assert charts.difference_charts(changed())[0].words == ("all 1,500 exactly 0, 500 not finite",)


def test_keras_comes_first_among_the_reliability_diagrams(document: Document, changed: Any) -> None:
    found = charts.calibration(document)
    assert found is not None
    assert [chart.title for chart in found.charts] == ["Keras", *(result.title for result in document.ran)]
    assert (found.bins, found.texts) == (BINS, 2000)
    without = charts.calibration(changed(reference_reliability=None))
    assert without is not None
    assert without.charts[0].title == document.ran[0].title


def test_without_true_labels_there_is_no_reliability(report: dict[str, Any], changed: Any) -> None:
    for result in report["results"]:
        result["reliability"] = None
    assert charts.calibration(changed()) is None


def test_parts_are_listed_from_the_largest_to_the_smallest(changed: Any) -> None:
    found = charts.ledger(changed(ledger={"a": {"small": 1, "large": 5}, "b": {"middle": 3, "small": 1}, "empty": {}}))
    assert found is not None
    assert found.parts == ("large", "middle", "small")
    assert names(found.chart) == ["large", "middle", "small"]
    assert described(found.chart) == "a: large 5 B, small 1 B; b: middle 3 B, small 1 B"


def test_more_parts_than_colours_share_the_last_one(changed: Any) -> None:
    found = charts.ledger(changed(ledger={"a": {f"part{n}": 100 - n for n in range(figures.COLOURS + 2)}}))
    assert found is not None
    assert len(found.parts) == figures.COLOURS + 2
    assert names(found.chart) == [*(f"part{n}" for n in range(figures.COLOURS - 1)), "other parts"]
    assert f"other parts {93 + 92 + 91} B" in described(found.chart)


@pytest.mark.parametrize("ledger", [None, {}, {"a": {}}])
def test_without_bytes_there_is_no_ledger(changed: Any, ledger: dict[str, Any] | None) -> None:
    assert charts.ledger(changed(ledger=ledger)) is None


def test_costs_are_drawn_scheme_by_scheme_from_the_largest(document: Document, changed: Any) -> None:
    found = charts.explanation(document)
    assert [part.scheme for part in found] == ["wi8", "wi4"]
    order = ["lstm_0.recurrent_kernel", "embedding.table", "lstm_0.kernel", "dense_0.kernel"]
    assert [cost.tensor for cost in found[0].costs] == order
    assert charts.explanation(changed(explanation=None)) == ()


def test_a_cost_that_is_not_finite_comes_first(changed: Any) -> None:
    rows = [{"scheme": "wi8", "tensor": name, "max_dp": cost} for name, cost in (("a", 0.5), ("b", None), ("c", 0.7))]
    (found,) = charts.explanation(changed(explanation=rows))
    assert [cost.tensor for cost in found.costs] == ["b", "c", "a"]


def test_pruning_is_in_the_order_of_words(changed: Any) -> None:
    steps = [{"words": 2000, "size_bytes": 20, "accuracy": 0.9}, {"words": 1000, "size_bytes": 10, "accuracy": 0.8}]
    found = charts.pruning(changed(pruning=steps))
    assert found is not None
    assert [step.words for step in found.steps] == [1000, 2000]
    assert [described(chart) for chart in found.charts] == ["1,000: 0.800; 2,000: 0.900", "1,000: 10 B; 2,000: 20 B"]


def test_pruning_without_an_accuracy_shows_sizes_only(changed: Any) -> None:
    found = charts.pruning(changed(pruning=[{"words": 1000, "size_bytes": 10}]))
    assert found is not None
    assert [chart.words for chart in found.charts] == [("Size of the file with that many words.",)]
    assert charts.pruning(changed(pruning=[])) is None
