"""report.html: what it says, that it is well-formed and safe whatever it is given, and that a browser shows it."""

from __future__ import annotations

import copy
import json
import math
import random
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from drupelet.comparison import GATES, compare
from drupelet.errors import FormatError, VersionError
from drupelet.reliability import reliability
from drupelet_export.report.figures import (
    WIDTH,
    Axis,
    Bin,
    Point,
    _set_apart,
    _text_width,
    difference_text,
    markup,
    scatter,
    size_text,
    time_text,
    visible,
)
from drupelet_export.report.figures import reliability as plot_reliability
from drupelet_export.report.page import STYLE, difference_histogram, render_html

CHROMIUM = shutil.which("chromium")
VOID = {"meta", "br", "line", "rect", "circle", "polygon", "polyline"}
"""Elements without an end tag: those of HTML, and those that html_plots closes at once."""

N = 2000
TYPICAL_DIFFERENCE = {"f32": 1e-7, "f16": 1e-4, "wi8": 3e-3, "wi4": 5e-3}
SIZE_BYTES = {"f32": 4_195_976, "f16": 2_139_000, "wi8": 1_110_000, "wi4": 617_000}
SPEED = {"native": 0.35, "litert": 1.0, "onnx": 1.6, "numpy": 14.0}
SPEED_OF_SCHEME = {"f32": 1.0, "f16": 1.05, "wi8": 0.55, "wi4": 0.6}
FORMAT_OF_ENGINE = {"litert": "tflite", "onnx": "onnx", "native": "native", "numpy": "native"}
SUFFIX = {"tflite": "tflite", "onnx": "onnx", "native": "drupelet"}
REVIEW = (
    "I went in expecting very little, and for the first hour that is what I got: a plot one has seen before, and music that "
    "tells you what to feel. Then the brother comes home. What follows is so quiet and so well acted that I forgave the rest. "
)


def a_result(engine: str, scheme: str, rng: random.Random, positive: list[float], truth: list[int]) -> dict[str, Any]:
    """A plausible result, its comparison by the code that makes real ones."""
    file_format = FORMAT_OF_ENGINE[engine]
    reference, answers, differences = [], [], []
    for p in positive:
        dp = rng.gauss(0, 1) * TYPICAL_DIFFERENCE[scheme] * 4 * p * (1 - p)
        dp = 0.0 if scheme == "f32" and rng.random() < 0.4 else dp
        reference.append([1 - p, p])
        answers.append([1 - p - dp, p + dp])
        differences.append(abs(dp))
    held_out = compare(reference, answers, GATES[scheme], truth)
    edge = compare(reference[:23], answers[:23], GATES[scheme])
    p50 = 1900 * SPEED[engine] * SPEED_OF_SCHEME[scheme]
    return {
        "file": f"model.{scheme}.{SUFFIX[file_format]}",
        "engine": engine,
        "version": "1.32.0",
        "format": file_format,
        "scheme": scheme,
        "size_bytes": SIZE_BYTES[scheme] + {"tflite": 9000, "onnx": -60_000, "native": 0}[file_format],
        "latency_us": {"p50": p50, "p95": p50 * 1.9, "n": 300, "tokens_mean": 231.4},
        "passed": held_out.passed and edge.passed,
        "not_run_because": None,
        "suites": {"held_out": held_out.to_json(), "edge": edge.to_json()},
        "histogram": difference_histogram(differences),
        "reliability": reliability(answers, truth).to_json(),
    }


def a_report() -> dict[str, Any]:
    """3 formats x 4 schemes, the native ones on two engines: as large as the page is meant to be."""
    rng = random.Random(7)  # noqa: S311 - plausible numbers, no secrets
    positive = [1 / (1 + math.exp(-rng.gauss(0, 3.2))) for _ in range(N)]
    truth = [int(rng.random() < p) for p in positive]
    results = [a_result(engine, scheme, rng, positive, truth) for engine in FORMAT_OF_ENGINE for scheme in SIZE_BYTES]
    native = next(result for result in results if result["file"] == "model.wi4.drupelet")
    native["suites"]["held_out"]["failures"] = ["9 of 2000 labels flipped, allowed 0.3%"]
    native["suites"]["held_out"].update(passed=False, flips=9)
    native["passed"] = False
    results[7].update(suites={}, histogram=None, reliability=None, latency_us=None, passed=None, version=None)
    results[7]["not_run_because"] = "onnxruntime 1.32.0 has no kernel for MatMulNBits on this processor"
    quantized = [r for r in results if r["scheme"] in ("wi8", "wi4")]
    return {
        "schema_version": 1,
        "reference_reliability": reliability([[1 - p, p] for p in positive], truth).to_json(),
        "name": "imdb",
        "verdict": "failed",
        "created_by": "drupelet-export 0.2.0",
        "network": ["embedding 20000 x 50", "lstm 64 forward", "last step", "dense 2", "softmax"],
        "labels": ["negative", "positive"],
        "source": {"model": "model.keras", "sha256": "890c96292bd3a75e" * 4, "data": "imdb", "keras": "3.15.1",
                   "tensorflow": "2.21.0"},
        "machine": {"processor": "Cortex-A76, 4 cores, dotprod", "python": "3.11.2", "system": "Linux 6.6 aarch64"},
        "results": results,
        "flipped": [
            {"file": result["file"], "engine": result["engine"], "name": f"review {n}", "text": REVIEW * (n * n + 1),
             "label": "positive", "keras": {"label": "positive", "probability": 0.5021 + n / 1e4},
             "engine_answer": {"label": "negative", "probability": 0.5008 + n / 1e4}}
            for n in range(4) for result in quantized[n : n + 3]
        ],
        "ledger": {
            result["file"]: {
                "embedding": int(result["size_bytes"] * 0.93), "recurrent": int(result["size_bytes"] * 0.03),
                "vocabulary": 76_319, "head": 520, "container": 2200,
            }
            for result in results
        },
        "explain": [
            {"scheme": scheme, "tensor": tensor, "max_dp": cost * factor, "mean_dp": cost * factor / 14, "flips": flips}
            for scheme, factor in (("wi8", 1), ("wi4", 2.5))
            for tensor, cost, flips in (("embedding.table", 0.0041, 2), ("lstm_0.kernel", 0.0022, 1),
                                        ("lstm_0.recurrent_kernel", 0.0063, 3), ("dense_0.kernel", 0.0002, 0))
        ],
        "pruning": [
            {"words": words, "size_bytes": words * 54 + 130_000, "accuracy": 0.871 - 40 / words, "flips": 90_000 // words}
            for words in (1000, 2000, 5000, 10_000, 20_000)
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def full() -> dict[str, Any]:
    return a_report()


@pytest.fixture
def report(full: dict[str, Any]) -> dict[str, Any]:
    """A copy to spoil."""
    return copy.deepcopy(full)


class Page(HTMLParser):
    """The elements and the text of a page; fails where tags are not balanced."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.elements)


def pictures(page: Page) -> int:
    return sum(tag == "svg" and "img" in (attributes.get("role") or "") for tag, attributes in page.elements)


def test_the_page_says_everything_and_stands_alone(full: dict[str, Any]) -> None:
    content = render_html(full)
    page = Page(content)
    assert "failed does not answer like Keras" in page.text
    assert "model.wi4.drupelet on native, held_out texts: 9 of 2000 labels flipped, allowed 0.3%" in page.text
    assert "not run: onnxruntime 1.32.0 has no kernel" in page.text
    assert "Cortex-A76" in page.text
    assert page.count("section") == 9
    assert (
        pictures(page) == 2 + 15 + 16 + 1 + 2 + 2
    )  # accuracy, latency, histograms, reliability, ledger, explain, pruning
    assert page.count("script") == page.count("img") == page.count("link") == page.count("iframe") == 0
    assert not re.search(r"https?:|//|url\(|@import", content)
    names = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    for tag, attributes in page.elements:
        assert "src" not in attributes
        assert all(not name.startswith("on") for name in attributes)
        if tag == "a":
            assert (attributes["href"] or "").removeprefix("#") in names
    content.encode("utf-8")


def test_everything_has_a_name_for_those_who_cannot_see_it(full: dict[str, Any]) -> None:
    content = render_html(full)
    page = Page(content)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        if tag == "svg" and attributes.get("aria-hidden") != "true":
            assert set((attributes["aria-labelledby"] or "").split()) <= set(ids)
    assert page.count("table") == page.count("caption")
    assert page.count("title") == page.count("desc") + 1
    assert all(attributes.get("scope") for tag, attributes in page.elements if tag == "th")
    assert ("html", {"lang": "en"}) in page.elements


def test_the_document_is_json_and_renders_the_same_when_it_was_saved(full: dict[str, Any]) -> None:
    assert render_html(json.loads(json.dumps(full))) == render_html(full)


def test_results_have_a_row_for_every_suite_and_failure(full: dict[str, Any]) -> None:
    content = render_html(full)
    table = content[content.index('<section id="results">') : content.index('<section id="differences">')]
    assert table.count("<tr>") == 1 + 15 * 2 + 1 + 1  # head, two suites of 15, one not run, one failure
    assert "3.7e-07" not in table or "class=" in table


# Hostile input

HOSTILE = "<script>alert(1)</script>\"'&--><svg onload=x>\x00\x1b[31m\u202eabc\ud800\ufffe</style>\r\n"


def spoil(value: Any) -> Any:
    """The document with hostile text everywhere where text is free, names included."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, list):
        return [spoil(item) for item in value]
    if isinstance(value, dict):
        fixed = ("verdict", "schema_version")
        return {key: item if key in fixed else spoil(item) for key, item in value.items()}
    return value


def test_hostile_text_everywhere_stays_text(full: dict[str, Any]) -> None:
    hostile = spoil(full)
    hostile["ledger"] = {file + HOSTILE: {part + HOSTILE: n for part, n in parts.items()} for file, parts in
                         full["ledger"].items()}  # fmt: skip
    hostile["machine"] = {key + HOSTILE: value for key, value in hostile["machine"].items()}
    for result in hostile["results"]:
        result["suites"] = {suite + HOSTILE: comparison for suite, comparison in result["suites"].items()}
    content = render_html(hostile)
    content.encode("utf-8")
    page, clean = Page(content), Page(render_html(full))
    assert page.count("script") == 0
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in clean.elements}
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert content.count("</style>") == 1
    assert "<script>alert(1)</script>" in page.text
    for hidden in ("\x00", "\x1b", "\u202e", "\ufffe", "\r"):
        assert hidden not in content
    for shown in (r"\x00\x1b[", r"\u202eabc\ud800\ufffe", r"\r\n"):
        assert shown in page.text


def test_long_texts_are_cut_and_say_how_long_they_were(report: dict[str, Any]) -> None:
    report["flipped"][0]["text"] = "words " * 200_000
    report["name"] = "n" * 100_000
    content = render_html(report)
    assert "cut, 1,200,000 characters in all" in content
    assert len(content) < len(render_html(a_report())) + 10_000


def test_many_flipped_texts_are_counted_and_left_out(report: dict[str, Any]) -> None:
    report["flipped"] = [{**report["flipped"][0], "name": f"review {n}"} for n in range(130)]
    page = Page(render_html(report))
    assert page.count("article") == 100
    assert "30 more texts flipped" in page.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#x27;"),
        ("\t\n\x7f\x85\xad", r"\t\n\x7f\x85\xad"),
        ("\u200b\u2028\ud83d\U000e0001", "\\u200b\\u2028\\ud83d\\U000e0001"),
        ("schön 世界 🎬", "schön 世界 🎬"),
        (7, "7"),
    ],
)
def test_markup(given: object, expected: str) -> None:
    assert markup(given) == expected
    assert markup("x" * 30, 10) == "x" * 9 + "…"
    assert visible("\ud800") == r"\ud800"


# Degenerate input


def words(report: dict[str, Any]) -> str:
    content = render_html(report)
    content.encode("utf-8")
    page = Page(content)
    for tag, attributes in page.elements:
        for name in ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width", "height"):
            if tag != "svg" and name in attributes:
                assert math.isfinite(float(attributes[name] or ""))
    assert "nan" not in re.sub(r"nanometre|finance", "", page.text).lower().split()
    assert "None" not in page.text
    return page.text


def only(report: dict[str, Any], *places: int) -> dict[str, Any]:
    """The report with these results alone, passed if they did."""
    report["results"] = [report["results"][place] for place in places]
    report["verdict"] = "passed" if report["results"] and all(r["passed"] for r in report["results"]) else "failed"
    report.update(flipped=[], explain=None, pruning=None, ledger={})
    return report


def test_one_file_that_passed(report: dict[str, Any]) -> None:
    text = words(only(report, 0))
    assert "passed answers like Keras" in text
    assert "No label flipped" in text
    assert "What quantizing" not in text
    assert "Fewer words" not in text
    assert "Where the bytes go" not in text


def test_optional_fields_may_be_left_out(report: dict[str, Any]) -> None:
    only(report, 0)
    del report["explain"], report["pruning"], report["results"][0]["latency_us"], report["results"][0]["histogram"]
    text = words(report)
    assert "Latency was not measured here" in text
    assert "How far the probabilities moved" not in text


def test_no_accuracy_shows_sizes(report: dict[str, Any]) -> None:
    for result in only(report, 0, 1)["results"]:
        for comparison in result["suites"].values():
            comparison.update(accuracy=None, reference_accuracy=None)
    text = words(report)
    assert "The accuracy is not known" in text
    assert "Size of every file" in text


def test_some_without_accuracy_are_named(report: dict[str, Any]) -> None:
    assert "Without an accuracy: onnx wi4." in words(report)


def test_all_differences_exactly_zero(report: dict[str, Any]) -> None:
    only(report, 0)["results"][0]["histogram"] = difference_histogram([0.0] * N)
    report["results"][0]["suites"]["held_out"].update(max_difference=0.0, p999_difference=0.0)
    report["results"][0]["suites"]["edge"].update(max_difference=0.0, p999_difference=0.0)
    text = words(report)
    assert "all 2,000 exactly 0" in text
    assert "largest difference0" in text


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite(report: dict[str, Any], value: float | None) -> None:
    result = only(report, 0)["results"][0]
    result["suites"]["held_out"].update(
        max_difference=value, p999_difference=value, passed=False, failures=["a probability is off by inf"]
    )
    result["latency_us"].update(p50=value, p95=value, tokens_mean=value)
    result["histogram"] = difference_histogram([math.nan, math.inf, *[1e-8] * (N - 2)])
    result["passed"], report["verdict"] = False, "failed"
    text = words(report)
    assert "2 not finite" in text
    assert "largest differencenot finite" in text


def calibration(report: dict[str, Any]) -> str:
    """The section on calibration."""
    words(report)
    content = render_html(report)
    return content[content.index('<section id="calibration">') :].partition("</section>")[0]


def test_reliability_has_a_picture_of_keras_and_of_every_file(full: dict[str, Any]) -> None:
    section = calibration(full)
    found = full["reference_reliability"]
    assert section.count("<svg") == 16
    assert section.index("<b>Keras</b>") < section.index("<b>litert f32</b>")
    assert f"error {found['expected_calibration_error']:.4f}<br>by chance {found['error_by_chance']:.4f}" in section
    assert "It was measured on 2,000 texts, on which perfectly calibrated answers would show" in section
    keras = section.partition("</svg>")[0]
    filled = sum(count > 0 for count in found["counts"])
    assert keras.count("<circle") == keras.count('class="counts"') == keras.count('class="whisker plain"') == filled
    assert keras.count('class="reference"') == keras.count('class="keras"') == 1


def test_a_dot_stands_at_probability_and_accuracy_and_its_bar_in_its_bin() -> None:
    bins = [Bin(0.6, 0.8, 3, 0.75, 0.5, (0.3, 0.7)), Bin(0.8, 1.0, 9, 1.0, 1.0, (0.7, 1.0))]
    picture = plot_reliability("r", "R", bins, bins[:1], "c1", 0.5, 9)
    diagonal = re.search(r'<line x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)" class="reference"', picture)
    assert diagonal is not None
    left, bottom, right, top = map(float, diagonal.groups())
    dots = [tuple(map(float, place)) for place in re.findall(r'<circle cx="(\S+)" cy="(\S+)"', picture)]
    assert dots == [(pytest.approx((left + right) / 2, abs=0.1), bottom), (right, top)]
    bars = re.findall(r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)" class="counts"', picture)
    assert [float(bar[3]) for bar in bars] == pytest.approx([(bottom - top) / 9, (bottom - top) / 3], abs=0.1)
    assert float(bars[0][0]) == pytest.approx(left + 0.2 * (right - left), abs=0.6)
    assert "0.750: 0.500 right of 3; 1.000: 1.000 right of 9" in picture


def test_few_texts_say_that_their_error_is_uncertain(report: dict[str, Any]) -> None:
    found = reliability([[0.3, 0.7]] * 10, [1] * 7 + [0] * 3).to_json()
    only(report, 0)["results"][0]["reliability"] = report["reference_reliability"] = found
    section = calibration(report)
    assert "measured on 10 texts" in section
    assert "error 0.0000<br>by chance 0.1156<br>1,990 not finite" in section


def test_without_true_labels_there_is_no_reliability(report: dict[str, Any]) -> None:
    for result in only(report, 0, 1)["results"]:
        result["reliability"] = None
    report["reference_reliability"] = None
    assert "can be trusted" not in words(report)


def test_a_document_of_an_earlier_release_has_no_reliability(report: dict[str, Any]) -> None:
    del report["reference_reliability"]
    for result in report["results"]:
        del result["reliability"]
        for comparison in result["suites"].values():
            del comparison["expected_calibration_error"], comparison["reference_expected_calibration_error"]
    assert "can be trusted" not in words(report)


def test_reliability_without_that_of_keras(report: dict[str, Any]) -> None:
    report["reference_reliability"] = None
    section = calibration(report)
    assert section.count("<svg") == 15
    assert "<b>Keras</b>" not in section


def test_reliability_of_answers_that_are_not_finite(report: dict[str, Any]) -> None:
    only(report, 0)["results"][0]["reliability"] = reliability([[math.nan, math.nan]] * N, [0] * N).to_json()
    assert "no answer is a probability" in calibration(report)
    report["reference_reliability"] = report["results"][0]["reliability"]
    assert calibration(report).count("no answer is a probability") == 2


def test_an_accuracy_that_is_not_finite_is_no_point(report: dict[str, Any]) -> None:
    only(report, 0, 1)["results"][0]["suites"]["held_out"]["accuracy"] = {
        "share": math.nan,
        "interval_95": [0.1, math.nan],
    }
    assert "Without an accuracy: litert f32." in words(report)


def test_nothing_ran(report: dict[str, Any]) -> None:
    for result in only(report, 0, 1)["results"]:
        result.update(
            suites={}, histogram=None, reliability=None, latency_us=None, passed=None, not_run_because="no litert here"
        )
    report["verdict"] = "failed"
    text = words(report)
    assert "no engine could run a file, so nothing was compared" in text
    assert "not run: no litert here" in text
    assert "No label flipped" not in text


def test_no_results_at_all(report: dict[str, Any]) -> None:
    assert "There are no files." in words(only(report))


def test_flips_that_were_not_kept_are_still_counted(report: dict[str, Any]) -> None:
    report["flipped"] = []
    assert re.search(r"\d+ labels flipped; the texts were not kept", words(report))


def test_a_flip_without_label_and_text(report: dict[str, Any]) -> None:
    report["flipped"] = [{**report["flipped"][0], "label": None, "text": ""}]
    text = words(report)
    assert "true label not known" in text
    assert "a text without characters" in text


def test_many_parts_share_the_last_colour(report: dict[str, Any]) -> None:
    report["ledger"] = {"model.onnx": {f"part{n}": 100 - n for n in range(20)}, "empty": {}, "zero": {"part0": 0}}
    text = words(report)
    assert "other parts" in text
    assert "part19" in text  # the table has them all


def test_numbers_at_their_limits(report: dict[str, Any]) -> None:
    only(report, 0, 1)
    report["results"][0].update(size_bytes=0, latency_us={"p50": 0.0, "p95": 1e15, "n": 0, "tokens_mean": 0})
    report["results"][1].update(
        size_bytes=10**15, latency_us={"p50": 5e-324, "p95": 1e-300, "n": 1, "tokens_mean": 1e15}
    )
    report["ledger"] = {"a": {"b": 0}, "c": {"d": 10**15}}
    report["pruning"] = [{"words": 0, "size_bytes": 0, "accuracy": 0.0, "flips": None},
                         {"words": 0, "size_bytes": 10**15, "accuracy": -1e15}]  # fmt: skip
    report["explain"] = [{"scheme": "x", "part": "p", "max_dp": 0, "mean_dp": None, "flips": None},
                         {"scheme": "x", "tensor": "t", "max_dp": math.nan, "mean_dp": 5e-324}]  # fmt: skip
    words(report)


# Documents that are none


def set_field(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *before, last = path.split(".")
        place: Any = document
        for name in before:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[last] = value

    return change


@pytest.mark.parametrize("version", [None, 2, "1", True, 1.5])
def test_other_schema_versions_are_refused(report: dict[str, Any], version: object) -> None:
    report["schema_version"] = version
    with pytest.raises(VersionError, match=f"schema_version {version!r}, this release renders 1; upgrade"):
        render_html(report)


@pytest.mark.parametrize("document", [{}, [], None, "report"])
def test_what_is_no_document_is_refused(document: Any) -> None:
    with pytest.raises(VersionError, match="schema_version None"):
        render_html(document)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("results"), "report: field 'results' is missing"),
        (set_field("prunning", []), "report: unknown fields 'prunning'"),
        (set_field("verdict", "perhaps"), "verdict is 'perhaps', expected passed or failed"),
        (set_field("name", 7), "report: name is 7, expected text"),
        (set_field("labels", "ab"), "report: labels is 'ab', expected a list"),
        (set_field("results", [[]]), r"results\[0\] is \[\], expected an object"),
        (set_field("results.0.size_bytes", -1), "size_bytes is -1, expected a whole number from 0 to 1e15"),
        (set_field("results.0.size_bytes", 10**400), "size_bytes is 1000.*expected a whole number"),
        (set_field("results.0.size_bytes", True), "size_bytes is True, expected a whole number"),
        (set_field("results.0.passed", 1), "passed is 1, expected true or false"),
        (set_field("results.0.latency_us.p50", "fast"), "p50 is 'fast', expected a number"),
        (set_field("results.0.latency_us.p50", 1e200), r"p50 is 1e\+200, expected a number"),
        (set_field("results.0.suites.held_out.accuracy.interval_95", [0.5]), "expected 2 ends"),
        (set_field("results.0.suites.held_out.passed", False), "passed and failures contradict each other"),
        (
            set_field("results.0.histogram.counts", [1]),
            "histogram: expected ascending edges above 0 and as many counts",
        ),
        (set_field("results.0.histogram.edges", [0.0] * 28), "histogram: expected ascending edges"),
        (set_field("results.0.reliability.counts", [1]), r"results\[0\]: reliability: expected as many counts"),
        (
            set_field("results.0.reliability.accuracies", [1.5] * 15),
            "reliability: expected as many .* from 0 to 1 or null",
        ),
        (set_field("results.0.reliability.accuracies", [None] * 15), "reliability: expected as many counts"),
        (set_field("results.0.reliability.confidences", [0.5] * 15), "reliability: expected as many counts"),
        (
            set_field("reference_reliability", {"counts": [], "confidences": [], "accuracies": []}),
            "report: reference_reliability: expected as many",
        ),
        (set_field("verdict", "passed"), "the verdict is passed, but not every file that ran did"),
    ],
)
def test_documents_that_contradict_the_schema_are_refused(
    report: dict[str, Any], change: Callable[[dict[str, Any]], object], message: str
) -> None:
    change(report)
    with pytest.raises(FormatError, match=message):
        render_html(report)


# Pieces


def test_the_histogram_puts_every_finite_difference_into_one_bin() -> None:
    found = difference_histogram([0.0, 1e-300, 1e-9, 1.1e-9, 0.5, 1.0, 7.0, math.nan, math.inf])
    edges, counts = found["edges"], found["counts"]
    assert len(edges) == len(counts) == 28
    assert edges[0] == pytest.approx(1e-9)
    assert edges[-1] == 1.0
    assert (counts[0], counts[1], counts[-1], sum(counts)) == (1, 3, 3, 7)


@pytest.mark.parametrize("count", [1, 4, 12, 16, 27])
def test_names_of_twelve_points_and_more_stand_apart_and_inside(count: int) -> None:
    points = [
        Point(f"engine{n} wi4", 600_000 << n % 4, 0.87 + n % 3 / 1000, (0.855, 0.885), n % 4, n % 3, n % 5 == 0)
        for n in range(count)
    ]
    picture = scatter(points, 0.871)
    places = [tuple(map(float, found)) for found in re.findall(r"translate\(([\d.-]+) ([\d.-]+)\) rotate", picture)]
    names = re.findall(r"rotate\(-90\)\"[^>]*>([^<]*)<", picture)
    assert len(names) == len(places) == count
    assert all(b[0] - a[0] > 11 for a, b in pairwise(places))
    assert all(y - _text_width(name) >= 0 and 0 < x < WIDTH for (x, y), name in zip(places, names, strict=True))
    assert all("engine" in name for name in names)


def test_more_points_than_names_fit_are_shown_without() -> None:
    points = [Point(f"engine{n}", 1000 * n, 0.5, (0.4, 0.6), 0, 0, False) for n in range(1, 60)]
    picture = scatter(points, None)
    assert picture.count("<circle") == 59
    assert ">engine" not in picture


def test_places_are_set_apart_as_little_as_it_takes() -> None:
    assert _set_apart([10, 100, 200], 11, 0, 300) == [10, 100, 200]
    assert _set_apart([100, 100, 100], 10, 0, 300) == [90, 100, 110]
    assert _set_apart([0, 0], 10, 0, 300) == [0, 10]
    assert _set_apart([300, 300], 10, 0, 300) == [290, 300]
    assert _set_apart([50, 52, 61], 10, 0, 300) == pytest.approx([44.33, 54.33, 64.33], abs=0.01)


@pytest.mark.parametrize(
    ("low", "high", "logarithmic"), [(0, 1, False), (0.853, 0.889, False), (5e5, 5e6, True), (1, 1e9, True)]
)
def test_ticks_are_round_few_and_inside(low: float, high: float, logarithmic: bool) -> None:
    axis = Axis(low, high, 0, 100, logarithmic)
    ticks = axis.ticks(6)
    assert 2 <= len(ticks) <= 7
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    assert ticks == sorted(ticks)
    with pytest.raises(ValueError, match="an axis from 1 to 1"):
        Axis(1, 1, 0, 100)


def test_numbers_are_short() -> None:
    assert [size_text(n) for n in (0, 999, 76_319, 4_195_976, 25e9)] == [
        "0 B",
        "999 B",
        "76.3 kB",
        "4.20 MB",
        "25.0 GB",
    ]
    assert [time_text(t) for t in (0.5, 850, 1234.5, 45_600, 2e6)] == [
        "0.50 µs",
        "850 µs",
        "1.23 ms",
        "45.6 ms",
        "2.00 s",
    ]
    assert [difference_text(d) for d in (0, 3.7e-7, 0.05)] == ["0", "3.7e-07", "5.0e-02"]


def test_text_contrasts_with_its_background_in_light_and_dark() -> None:
    light, dark = (dict(re.findall(r"--([\w-]+):#(\w+)", part)) for part in STYLE.split("@media screen")[:2])
    for colours in (light, dark):
        for name in ("fg", "muted", "good", "bad", *(f"c{n}" for n in range(8))):
            for background in ("bg", "card"):
                assert contrast(colours[name], colours[background]) >= 4.5, (name, background)
        assert contrast(colours["good"], colours["good-bg"]) >= 4.5
        assert contrast(colours["bad"], colours["bad-bg"]) >= 4.5
        assert all(contrast(colours["on-bar"], colours[f"c{n}"]) >= 4.5 for n in range(8))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.1 of two colours in hexadecimal."""

    def luminance(colour: str) -> float:
        digits = colour if len(colour) == 6 else "".join(c * 2 for c in colour)
        channels = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# In a browser


def browse(folder: Path, address: str, *flags: str) -> str:
    """What a headless browser prints for a page."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'profile'}", *flags, address,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=True, timeout=120, encoding="utf-8").stdout


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
def test_a_browser_shows_the_page(full: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(render_html(full), encoding="utf-8")
    address = (tmp_path / "report.html").as_uri()
    dom = browse(tmp_path, address, "--dump-dom")
    assert re.search(r"<strong>.*failed</strong> does not answer like Keras", dom)
    assert len(re.findall(r'<svg role="img"', dom)) == 38
    results = dom[dom.index('<section id="results">') : dom.index('<section id="differences">')]
    assert results.count("<tr>") == 33
    picture = tmp_path / "report.png"
    browse(tmp_path, address, f"--screenshot={picture}", "--window-size=1200,2600", "--hide-scrollbars")
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (1200, 2600)
    assert len(content) > 100_000  # a white page of this size takes 13 kB
