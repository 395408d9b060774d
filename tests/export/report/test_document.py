"""The document of a report goes to JSON and back, and other JSON is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from drupelet.errors import FormatError, VersionError
from drupelet.goldens import SUITES
from drupelet.proof import HOW_TO_GIVE_TEXTS
from drupelet.verification import verify
from drupelet_export.report.document import (
    CHECKS_FAILED,
    MAIN_SUITES,
    Document,
    GoldenCount,
    StageError,
    TensorCost,
    TextCheck,
    difference_histogram,
)
from drupelet_export.report.page import render_html
from drupelet_export.report.table import render_verification


def test_a_document_survives_json(full: dict[str, Any]) -> None:
    document = Document.from_json(full)
    saved = json.dumps(document.to_json(), allow_nan=False)
    assert next(iter(json.loads(saved))) == "schema_version"
    assert json.loads(saved) == document.to_json()
    assert Document.from_json(json.loads(saved)) == document


def set_field(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *before, last = path.split(".")
        place: Any = document
        for name in before:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[int(last) if isinstance(place, list) else last] = value

    return change


@pytest.mark.parametrize("version", [None, 2, "1", True, 1.5])
def test_other_schema_versions_are_refused(report: dict[str, Any], version: object) -> None:
    report["schema_version"] = version
    with pytest.raises(VersionError, match=f"schema_version {version!r}, this release reads 1; upgrade"):
        Document.from_json(report)


@pytest.mark.parametrize("document", [{}, [], None, "report", {"results": []}])
def test_json_without_a_schema_version_is_refused(document: Any) -> None:
    with pytest.raises(
        FormatError, match=r"^report: not a report of drupelet, it has no schema_version; expected the output"
    ):
        Document.from_json(document)


def test_other_json_with_a_schema_version_is_refused() -> None:
    with pytest.raises(
        FormatError, match=r"^bench.json: not a report of drupelet, field 'passed' is missing; expected"
    ):
        Document.from_json({"schema_version": 1, "bundle": "imdb", "results": []}, "bench.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("results"), "report: not a report of drupelet, field 'results' is missing"),
        (set_field("prunning", []), "report: unknown fields 'prunning'"),
        (lambda d: d["results"][0].pop("file"), r"report: results\[0\]: field 'file' is missing"),
        (
            lambda d: d["results"][0].update(dict.fromkeys("abcdefg")),
            "unknown fields 'a', 'b', 'c', 'd', 'e', ...; upg",
        ),
        (set_field("passed", "perhaps"), "report: passed is 'perhaps', expected true or false"),
        (set_field("name", 7), "report: name is 7, expected text"),
        (set_field("labels", "ab"), "report: labels is 'ab', expected a list"),
        (set_field("results", [[]]), r"results\[0\] is \[\], expected an object"),
        (set_field("results.0.size_bytes", -1), "size_bytes is -1, expected a whole number from 0 to 1e15"),
        (set_field("results.0.size_bytes", 10**400), "size_bytes is 1000.*expected a whole number"),
        (set_field("results.0.size_bytes", True), "size_bytes is True, expected a whole number"),
        (set_field("results.0.passed", 1), "passed is 1, expected true or false"),
        (set_field("results.0.latency_us.p50", "fast"), "p50 is 'fast', expected a number"),
        (set_field("results.0.latency_us.p50", 1e200), r"p50 is 1e\+200, expected a number"),
        (
            set_field("results.0.suites.held_out.accuracy.interval_95", [0.5]),
            r"interval_95 is \[0.5\], expected 2 values",
        ),
        (set_field("results.0.suites.held_out.passed", False), "passed and failures contradict each other"),
        (
            set_field("results.0.histogram.counts", [1]),
            "histogram: expected ascending edges above 0, and one count for each",
        ),
        (set_field("results.0.histogram.edges", [0.0] * 28), "histogram: expected ascending edges"),
        (set_field("results.0.reliability.counts", [1]), r"results\[0\]: reliability: expected a count, a "),
        (
            set_field("results.0.reliability.accuracies", [1.5] * 15),
            "reliability: expected a count, .* from 0 to 1 or null",
        ),
        (set_field("results.0.reliability.accuracies", [None] * 15), "reliability: expected a count, a "),
        (set_field("results.0.reliability.confidences", [0.5] * 15), "reliability: expected a count, a "),
        (
            set_field("reference_reliability", {"counts": [], "confidences": [], "accuracies": []}),
            "report: reference_reliability: expected a count, ",
        ),
        (
            set_field("results.0.histogram.edges", [math.inf] * 28),
            r"histogram: edges\[0\] is inf, expected a number",
        ),
        (set_field("results.0.histogram", {"edges": [], "counts": []}), "histogram: expected ascending edges"),
        (
            set_field("results.0.suites.held_out.gate.max_difference", math.nan),
            "max_difference is nan, expected a number",
        ),
        (
            set_field("results.0.suites.held_out.failures", ["x"]),
            "'held_out': passed and failures contradict each other",
        ),
        (set_field("results.0.suites", {}), r"results\[0\]: passed and failures contradict each other"),
        (set_field("flipped.0.characters", None), r"flipped\[0\]: one of text and characters without the other"),
        (set_field("goldens", {"n": 9}), "goldens: field 'without_text' is missing"),
        (set_field("flipped.0.characters", 3), "a text of 3 characters holds 240 of them; export it again"),
        (set_field("explanation.0", {"scheme": "wi8"}), r"explanation\[0\]: field 'tensor' is missing"),
        (set_field("ledger", {"f": {"p": 0.5}}), "report: ledger: 'f': 'p' is 0.5, expected a whole number"),
        (set_field("source", [1]), r"report: source is \[1\], expected an object"),
        (set_field("passed", True), "the verdict is passed, but not every file that ran did"),
        (
            set_field("text_checks.0.verdict", "fine"),
            r"text_checks\[0\]: verdict is 'fine', expected one of passed, noted",
        ),
    ],
)
def test_documents_that_contradict_the_schema_are_refused(
    report: dict[str, Any], change: Callable[[dict[str, Any]], object], message: str
) -> None:
    change(report)
    with pytest.raises(FormatError, match=message):
        Document.from_json(report)


def test_a_verdict_with_findings_did_not_pass(report: dict[str, Any]) -> None:
    report.update(passed=True, results=report["results"][:1])
    assert Document.from_json(report).passed
    report["findings"] = ["model.f32.onnx: embedding is not in the file"]
    with pytest.raises(FormatError, match="the verdict is passed, but not every file that ran did"):
        Document.from_json(report)


def test_a_verdict_with_a_failed_check_did_not_pass(report: dict[str, Any]) -> None:
    report.update(passed=True, results=report["results"][:1])
    assert Document.from_json(report).passed
    report["text_checks"][0]["verdict"] = "failed"
    with pytest.raises(FormatError, match="the verdict is passed, but the check 'unreachable-words' failed; export it"):
        Document.from_json(report)


def test_the_claim_says_when_only_checks_failed(report: dict[str, Any]) -> None:
    report["results"] = report["results"][:1]
    report["text_checks"][0]["verdict"] = "failed"
    report["findings"] = [Document.from_json(report).text_checks[0].sentence]
    assert Document.from_json(report).claim == CHECKS_FAILED
    report["findings"].append("model.f32.onnx: embedding is not in the file")
    assert Document.from_json(report).claim == "DOES NOT answer like Keras"


def test_the_sentence_of_a_check_names_the_option_that_accepts_it() -> None:
    check = TextCheck(name="accuracy", verdict="failed", found="accuracy 0.4", advice="check the labels")
    assert check.sentence == "accuracy: accuracy 0.4; next: check the labels; or accept it with --accept accuracy"
    bare = TextCheck(name="accuracy", verdict="failed", found="accuracy 0.4")
    assert bare.sentence == "accuracy: accuracy 0.4; next: accept it with --accept accuracy"


def test_the_output_of_verify_is_a_document(exported: Any) -> None:
    verification = verify(exported.bundle)
    document = Document.from_json(json.loads(json.dumps(verification.to_json())))
    assert (document.passed, document.title, document.flipped, document.ledger) == (
        True,
        exported.bundle.path,
        None,
        None,
    )
    assert [result.engine for result in document.results] == [verdict.engine for verdict in verification.verdicts]


def test_the_rows_of_an_explanation_have_types(full: dict[str, Any]) -> None:
    document = Document.from_json(full)
    assert document.explanation is not None
    assert document.explanation[-1] == StageError(scheme="wi8", stage="pooling", relative_error=0.006)
    assert document.tensor_costs == [row for row in document.explanation if isinstance(row, TensorCost)]
    assert len(document.tensor_costs) == len(document.explanation) - 1


@pytest.mark.parametrize(
    ("suites", "main"),
    [
        (["edge", "held_out"], "held_out"),
        (["answers", "edge", "held_out"], "held_out"),
        (["answers", "edge"], "answers"),
        (["edge", "sampled"], "sampled"),
        (["edge"], "edge"),
        (["odd"], "odd"),
        ([], None),
    ],
)
def test_the_main_suite_is_held_out_texts_before_edge_texts(
    report: dict[str, Any], suites: list[str], main: str | None
) -> None:
    result = report["results"][0]
    result.update(suites=dict.fromkeys(suites, result["suites"]["held_out"]), passed=None if main is None else True)
    found = Document.from_json(report).results[0]
    assert (found.main_suite, found.main is None) == (main, main is None)


def test_every_suite_of_goldens_has_its_place() -> None:
    assert sorted(MAIN_SUITES) == sorted(SUITES)


def test_a_document_is_a_value(full: dict[str, Any]) -> None:
    with pytest.raises(FrozenInstanceError):
        Document.from_json(full).passed = True  # type: ignore[misc]


def test_the_histogram_puts_every_finite_difference_into_one_bin() -> None:
    found = difference_histogram([0.0, 1e-300, 1e-9, 1.1e-9, 0.5, 1.0, 7.0, math.nan, math.inf])
    edges, counts = found.edges, found.counts
    assert len(edges) == len(counts) == 28
    assert edges[0] == pytest.approx(1e-9)
    assert edges[-1] == 1.0
    assert (counts[0], counts[1], counts[-1], sum(counts)) == (1, 3, 3, 7)


def test_texts_that_a_bundle_leaves_out_are_said_and_not_claimed(full: dict[str, Any]) -> None:
    whole = Document.from_json(full)
    assert whole.left_out is None
    document = replace(whole, goldens=GoldenCount(n=279, without_text=256))
    assert document.left_out == "256 of 279 texts left out: their SHA-256, ids and answers only"
    assert f"goldens of the bundle: {document.left_out}" in render_verification(document, "b")
    assert document.left_out in render_html(document)
    verified = Document(bundle="b", passed=True, proof="ids", without_text=256, results=passed_results(full))
    assert verified.claim.endswith("text to ids was not checked here: 256 texts are not in the bundle")
    assert verified.advice == HOW_TO_GIVE_TEXTS


def passed_results(report: dict[str, Any]) -> tuple[Any, ...]:
    """The results of a report that passed."""
    return tuple(result for result in Document.from_json(report).results if result.passed)
