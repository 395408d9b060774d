"""The document of report.html: what a bundle and its engines answered, ready to be rendered."""

import json
from dataclasses import replace

import pytest

from drupelet.goldens import read_goldens
from drupelet.reliability import reliability
from drupelet.verification import run_engines
from drupelet_export.report.document import MAX_FLIPPED, report_document
from drupelet_export.report.page import SCHEMA_VERSION, render_html

EXPLAIN = [
    {"scheme": "wi8", "tensor": "embedding", "max_dp": 0.01, "mean_dp": 0.001, "flips": 0},
    {"scheme": "wi8", "stage": "head", "relative_error": 0.1},
]
PRUNING = [
    {"words": 4, "size_bytes": 2000, "accuracy": 0.5, "flips": 3},
    {"words": 6, "size_bytes": 2500, "accuracy": 0.75, "flips": 0},
]


@pytest.fixture(scope="module")
def goldens(exported):
    bundle = exported.bundle
    return read_goldens(bundle.read(bundle.manifest.goldens), "goldens")


@pytest.fixture(scope="module")
def verification(exported, goldens):
    return run_engines(exported.bundle, goldens, timed_texts=5)


def turned(goldens):
    """Goldens whose first text has the opposite answer."""
    return [replace(goldens[0], probabilities=goldens[0].probabilities[::-1]), *goldens[1:]]


def test_the_document_of_a_bundle(exported, verification, goldens):
    document = report_document(exported.bundle, verification, goldens)
    manifest = exported.bundle.manifest
    assert (document["schema_version"], document["verdict"], document["name"]) == (
        SCHEMA_VERSION,
        "passed",
        manifest.name,
    )
    assert document["labels"] == ["bad", "good"]
    assert (document["flipped"], document["explain"], document["pruning"]) == ([], None, None)
    assert {(row["file"], row["engine"]) for row in document["results"]} >= {
        ("model.f32.tflite", "litert"), ("model.f32.onnx", "onnx"), ("model.f32.drupelet", "numpy")
    }  # fmt: skip
    for row in document["results"]:
        if row["not_run_because"] is None:
            assert sum(row["histogram"]["counts"]) == row["suites"]["sampled"]["n"]
            assert row["latency_us"]["n"] == 5


def test_the_ledger_adds_up_to_each_file(exported, verification, goldens):
    ledger = report_document(exported.bundle, verification, goldens)["ledger"]
    for model in exported.bundle.manifest.models:
        parts = ledger[model.entry.file]
        assert sum(parts.values()) == model.entry.size_bytes
        assert all(size >= 0 for size in parts.values())
        assert (parts["vocabulary"] > 0) == (model.format == "native")
        assert parts["embedding"] == 8 * 4 * 4


def test_flips_are_listed_with_their_text_and_both_answers(exported, goldens):
    wrong = turned(goldens)
    document = report_document(exported.bundle, run_engines(exported.bundle, wrong, "numpy"), wrong)
    assert document["verdict"] == "failed"
    (flip,) = document["flipped"]
    assert (flip["engine"], flip["file"], flip["text"]) == ("numpy", "model.f32.drupelet", goldens[0].whole_text)
    assert flip["label"] is None
    assert {flip["keras"]["label"], flip["engine_answer"]["label"]} == {"bad", "good"}
    assert flip["keras"]["probability"] == pytest.approx(flip["engine_answer"]["probability"], abs=1e-5)


def test_true_labels_are_named(exported, goldens):
    labelled = [replace(golden, suite="held_out", label=1) for golden in turned(goldens)[:4]]
    document = report_document(exported.bundle, run_engines(exported.bundle, labelled, "numpy"), labelled)
    assert [flip["label"] for flip in document["flipped"]] == ["good"]


def test_reliability_of_texts_whose_true_labels_are_known(exported, verification, goldens):
    unlabelled = report_document(exported.bundle, verification, goldens)
    assert [row["reliability"] for row in unlabelled["results"]] == [None] * len(unlabelled["results"])
    assert unlabelled["reference_reliability"] is None
    labelled = [replace(golden, suite="held_out", label=n % 2) for n, golden in enumerate(goldens[:20])]
    both = [*labelled, *(golden for golden in goldens if golden.suite == "edge")]
    document = report_document(exported.bundle, run_engines(exported.bundle, both, "numpy"), both)
    expected = reliability([golden.probabilities for golden in labelled], [golden.label for golden in labelled])
    assert document["reference_reliability"] == expected.to_json()
    (row,) = document["results"]
    assert row["reliability"]["counts"] == list(expected.counts)
    assert row["reliability"]["confidences"] == pytest.approx(expected.confidences, abs=1e-5)
    assert "How far the probabilities can be trusted" in render_html(document)


def test_a_broken_bundle_lists_no_more_flips_than_can_be_read(exported, goldens):
    wrong = [replace(golden, probabilities=golden.probabilities[::-1]) for golden in goldens]
    document = report_document(exported.bundle, run_engines(exported.bundle, wrong), wrong)
    assert len(document["flipped"]) == MAX_FLIPPED


@pytest.mark.parametrize("explain", [None, EXPLAIN], ids=["not explained", "explained"])
@pytest.mark.parametrize("pruning", [None, PRUNING], ids=["not pruned", "pruned"])
@pytest.mark.parametrize("fine", [True, False], ids=["passed", "failed"])
def test_it_is_json_and_renders(exported, goldens, explain, pruning, fine):
    shown = goldens if fine else turned(goldens)
    document = report_document(exported.bundle, run_engines(exported.bundle, shown), shown, explain, pruning)
    page = render_html(json.loads(json.dumps(document, allow_nan=False)))
    assert page.lower().startswith("<!doctype html>")
    assert "model.f32.onnx" in page


def test_stages_stay_out_of_the_tensors(exported, verification, goldens):
    assert report_document(exported.bundle, verification, goldens, EXPLAIN)["explain"] == EXPLAIN[:1]


def test_an_engine_that_did_not_run_has_no_histogram(exported, goldens, monkeypatch):
    from drupelet.engines import ENGINES

    monkeypatch.setattr(type(ENGINES["onnx"]), "check", lambda self: "not installed")
    document = report_document(exported.bundle, run_engines(exported.bundle, goldens), goldens)
    (row,) = [row for row in document["results"] if row["file"].endswith(".onnx")]
    assert (row["histogram"], row["not_run_because"]) == (None, "not installed")
    assert "not installed" in render_html(document)
