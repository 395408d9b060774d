"""The document of a bundle has the answers of its engines and everything else that the report shows."""

import json
import math
from dataclasses import replace

import pytest

from drupelet.decision import ONE_LABEL, Decision
from drupelet.goldens import read_goldens
from drupelet.reliability import reliability
from drupelet.verification import run_engines
from drupelet_export.report.assembly import _answer, report_document
from drupelet_export.report.document import (
    MAX_FLIPPED,
    MAX_TEXT_CHARACTERS,
    Answer,
    Document,
    PruningStep,
    StageError,
    TensorCost,
)
from drupelet_export.report.page import render_html

EXPLANATION = [
    TensorCost(scheme="wi8", tensor="embedding", max_dp=0.01, mean_dp=0.001, flips=0),
    StageError(scheme="wi8", stage="head", relative_error=0.1),
]
PRUNING = [
    PruningStep(words=4, size_bytes=2000, accuracy=0.5, flips=3),
    PruningStep(words=6, size_bytes=2500, accuracy=0.75, flips=0),
]


@pytest.fixture(scope="module")
def goldens(exported):
    bundle = exported.bundle
    return read_goldens(bundle.read(bundle.manifest.goldens), "goldens")


@pytest.fixture(scope="module")
def verification(exported, goldens):
    return run_engines(exported.bundle, goldens, timed_texts=5)


def turned(goldens):
    """The goldens with the opposite answer to the first text."""
    return [replace(goldens[0], probabilities=goldens[0].probabilities[::-1]), *goldens[1:]]


def test_the_document_of_a_bundle(exported, verification, goldens):
    document = report_document(exported.bundle, verification, goldens)
    manifest = exported.bundle.manifest
    assert (document.passed, document.bundle, document.name) == (True, exported.bundle.path, manifest.name)
    assert (document.labels, document.created_by) == (("bad", "good"), manifest.created_by)
    assert document.network == tuple(manifest.network.summary())
    assert dict(document.source) == dict(manifest.source)
    assert (document.flipped, document.explanation, document.pruning) == ((), None, None)
    assert {(row.file, row.engine) for row in document.results} >= {
        ("model.f32.tflite", "litert"), ("model.f32.onnx", "onnx"), ("model.f32.drupelet", "numpy")
    }  # fmt: skip
    for row in document.results:
        if row.ran:
            assert sum(row.histogram.counts) == row.suites["sampled"].n
            assert row.latency_us.n == 5


def test_it_holds_all_that_the_verification_says(exported, verification, goldens):
    document = report_document(exported.bundle, verification, goldens).to_json()
    verified = verification.to_json()
    for row, result in zip(document["results"], verified.pop("results"), strict=True):
        assert row.items() >= result.items()
    assert document.items() >= verified.items()


def test_the_ledger_adds_up_to_each_file(exported, verification, goldens):
    ledger = report_document(exported.bundle, verification, goldens).ledger
    for model in exported.bundle.manifest.models:
        parts = ledger[model.entry.file]
        assert sum(parts.values()) == model.entry.size_bytes
        assert all(size >= 0 for size in parts.values())
        assert (parts["vocabulary"] > 0) == model.entry.file.endswith(".drupelet")
        assert parts["embedding"] == 8 * 4 * 4


def test_a_file_smaller_than_its_tensors_has_no_ledger(exported, verification, goldens):
    first, *others = exported.bundle.manifest.models
    cut = replace(first, entry=replace(first.entry, size_bytes=10))
    bundle = replace(exported.bundle, manifest=replace(exported.bundle.manifest, models=(cut, *others)))
    ledger = report_document(bundle, verification, goldens).ledger
    assert list(ledger) == [model.entry.file for model in others]


def test_flips_are_listed_with_their_text_and_both_answers(exported, goldens):
    wrong = turned(goldens)
    document = report_document(exported.bundle, run_engines(exported.bundle, wrong, "numpy"), wrong)
    assert not document.passed
    (flip,) = document.flipped
    (answer,) = flip.answers
    assert (answer.engine, answer.file) == ("numpy", "model.f32.drupelet")
    assert (flip.name, flip.text, flip.characters) == (
        goldens[0].name,
        goldens[0].whole_text,
        len(goldens[0].whole_text),
    )
    assert flip.label is None
    assert {flip.keras.label, answer.label} == {"bad", "good"}
    assert flip.keras.probability == pytest.approx(answer.probability, abs=1e-5)


def test_a_text_that_flips_in_several_files_is_listed_once(exported, goldens):
    wrong = turned(goldens)
    verification = run_engines(exported.bundle, wrong)
    (flip,) = report_document(exported.bundle, verification, wrong).flipped
    ran = [(verdict.model.entry.file, verdict.engine) for verdict in verification.verdicts if verdict.reason is None]
    assert [(answer.file, answer.engine) for answer in flip.answers] == ran


def test_where_labels_are_decided_alone_an_answer_is_all_that_hold():
    alone = Decision((0.5,) * 3, None)
    assert _answer((0.2, 0.7, 0.6), ("a", "b", "c"), alone) == Answer(label="b, c", probability=0.7)
    assert _answer((0.2, 0.4, 0.1), ("a", "b", "c"), alone) == Answer(label="no label", probability=0.4)
    assert _answer((0.2, 0.4, 0.1), ("a", "b", "c"), ONE_LABEL) == Answer(label="b", probability=0.4)


def test_a_rejected_text_has_no_label():
    for decision in (Decision((), 0.5), Decision((0.25,) * 3, 0.5)):
        assert _answer((0.2, 0.4, 0.1), ("a", "b", "c"), decision) == Answer(label="(rejected)", probability=0.4)


def test_a_long_text_is_cut_in_the_document(exported, goldens):
    long = [replace(golden, text=golden.text + " film", times=500) for golden in turned(goldens)[:1]]
    (flip,) = report_document(exported.bundle, run_engines(exported.bundle, long, "numpy"), long).flipped
    assert flip.text == long[0].whole_text[:MAX_TEXT_CHARACTERS]
    assert flip.characters == len(long[0].whole_text) > MAX_TEXT_CHARACTERS


def test_true_labels_are_named(exported, goldens):
    labelled = [replace(golden, suite="held_out", label=1) for golden in turned(goldens)[:4]]
    document = report_document(exported.bundle, run_engines(exported.bundle, labelled, "numpy"), labelled)
    assert [flip.label for flip in document.flipped] == ["good"]


def test_a_nan_answer_has_no_probability(exported, goldens):
    odd = [replace(golden, probabilities=(math.nan, math.nan)) for golden in goldens]
    document = report_document(exported.bundle, run_engines(exported.bundle, odd, "numpy"), odd)
    assert {flip.keras.probability for flip in document.flipped} == {None}
    assert sum(document.results[0].histogram.counts) == 0
    json.dumps(document.to_json(), allow_nan=False)


def test_reliability_of_texts_whose_true_labels_are_known(exported, verification, goldens):
    unlabelled = report_document(exported.bundle, verification, goldens)
    assert [row.reliability for row in unlabelled.results] == [None] * len(unlabelled.results)
    assert unlabelled.reference_reliability is None
    labelled = [replace(golden, suite="held_out", label=n % 2) for n, golden in enumerate(goldens[:20])]
    both = [*labelled, *(golden for golden in goldens if golden.suite == "edge")]
    document = report_document(exported.bundle, run_engines(exported.bundle, both, "numpy"), both)
    expected = reliability([golden.probabilities for golden in labelled], [golden.label for golden in labelled])
    assert document.to_json()["reference_reliability"] == expected.to_json()
    (row,) = document.results
    assert row.reliability.counts == expected.counts
    assert row.reliability.confidences == pytest.approx(expected.confidences, abs=1e-5)
    assert "How far the probabilities can be trusted" in render_html(document)


def test_a_broken_bundle_lists_a_limited_number_of_flips(exported, goldens):
    wrong = [replace(golden, probabilities=golden.probabilities[::-1]) for golden in goldens]
    document = report_document(exported.bundle, run_engines(exported.bundle, wrong), wrong)
    assert len(document.flipped) == MAX_FLIPPED


def test_any_source_in_a_manifest_is_shown(exported, verification, goldens):
    odd = replace(exported.bundle, manifest=replace(exported.bundle.manifest, source={"data": None, "epochs": 7}))
    assert report_document(odd, verification, goldens).source == {"data": None, "epochs": "7"}


@pytest.mark.parametrize("explanation", [None, EXPLANATION], ids=["not explained", "explained"])
@pytest.mark.parametrize("pruning", [None, PRUNING], ids=["not pruned", "pruned"])
@pytest.mark.parametrize("fine", [True, False], ids=["passed", "failed"])
def test_it_is_json_and_is_shown_the_same_when_it_was_saved(exported, goldens, explanation, pruning, fine):
    shown = goldens if fine else turned(goldens)
    document = report_document(exported.bundle, run_engines(exported.bundle, shown), shown, explanation, pruning)
    saved = Document.from_json(json.loads(json.dumps(document.to_json(), allow_nan=False)))
    assert saved == document
    page = render_html(saved)
    assert page == render_html(document)
    assert "model.f32.onnx" in page


def test_an_engine_that_did_not_run_has_no_histogram(exported, goldens, monkeypatch):
    from drupelet.engines import ENGINES

    monkeypatch.setattr(type(ENGINES["onnx"]), "check", lambda self: "not installed")
    document = report_document(exported.bundle, run_engines(exported.bundle, goldens), goldens)
    (row,) = [row for row in document.results if row.file.endswith(".onnx")]
    assert (row.histogram, row.not_run_because) == (None, "not installed")
    assert "not installed" in render_html(document)


def test_texts_that_are_left_out_are_not_in_the_document(exported, goldens):
    wrong = turned(goldens)
    verification = run_engines(exported.bundle, wrong, "numpy")
    hidden = [wrong[0].without_text(), *wrong[1:]]
    document = report_document(exported.bundle, verification, hidden)
    (flip,) = document.flipped
    assert (flip.name, flip.text, flip.characters) == (wrong[0].name, None, None)
    assert document.goldens.without_text == 0  # those of the bundle itself
    page = render_html(Document.from_json(json.loads(json.dumps(document.to_json()))))
    assert "the bundle leaves this text out" in page
    assert wrong[0].whole_text not in page
