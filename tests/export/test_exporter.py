"""An export writes a bundle only when it answers like Keras. The content is complete and the same every time."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import drupelet
from drupelet import EngineStatus
from drupelet.comparison import GATES
from drupelet.errors import BundleReplacedError, FormatError, InputError
from drupelet.goldens import read_goldens
from drupelet.latency import Latency
from drupelet.text.named import ALNUM
from drupelet.verification import verify
from drupelet_export import exporter
from drupelet_export.compiled import compile_source
from drupelet_export.errors import EmitError, ModelError, ParityError
from drupelet_export.exporter import ExportRequest, export_bundle
from drupelet_export.parity import check
from drupelet_export.parity.check import TIMED_TEXTS, check_parity, failures
from drupelet_export.parity.check_names import CHECKS
from drupelet_export.parity.edge_suite import edge_suite
from drupelet_export.parity.reference_texts import GOLDEN_TEXTS, HeldOut
from drupelet_export.reading.owner_function import OwnerFunction
from drupelet_export.reading.source import Source
from drupelet_export.reading.text_options import TextOptions
from drupelet_export.report.document import CHECKS_FAILED, Document
from drupelet_export.report.page import render_html
from export.changes import changed, last

FILES = {
    "manifest.json", "vocabulary.bin", "goldens.jsonl", "parity.json", "report.html",
    "model.f32.drupelet", "model.f32.onnx", "model.f32.tflite",
}  # fmt: skip


KNOWN = ("the", "film", "a", "good", "bad", "quiet")


def files(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@pytest.fixture
def drupelet_request(source, tmp_path):
    """A request for the drupelet format only, which is the quickest to export."""
    return ExportRequest(source, tmp_path / "bundle", formats=("drupelet",))


@pytest.fixture
def wrong_weights(monkeypatch):
    """Makes the exporter write files with other weights than the model has."""
    original = exporter.emit_model

    def emit(model, scheme, file_format):
        other = changed(model, last(model, "bias"), lambda bias: bias + 0.01)
        return original(other, scheme, file_format)

    monkeypatch.setattr(exporter, "emit_model", emit)


def test_a_bundle_holds_the_files_of_its_manifest(exported, source, words):
    manifest = exported.bundle.manifest
    content = files(exported.bundle.path)
    assert set(content) == FILES
    for entry in manifest.files():
        assert (entry.size_bytes, entry.sha256) == (
            len(content[entry.file]),
            hashlib.sha256(content[entry.file]).hexdigest(),
        )
    assert (manifest.name, manifest.verdict, manifest.labels) == ("tiny", "passed", ("bad", "good"))
    assert manifest.created_by.startswith("drupelet-export ")
    assert manifest.text_rules == replace(ALNUM, max_tokens=6, unknown_id=1)
    assert manifest.network.vocabulary_rows == len(words)
    assert manifest.source["model"] == "tiny.keras"
    assert manifest.source["lengths"].startswith("tokens alone, because whatever reads them knows the mask: 'embedding")
    assert manifest.source["sha256"] == hashlib.sha256(source.model_path.read_bytes()).hexdigest()
    assert manifest.source["data"] is None
    assert {"keras", "tensorflow"} <= set(manifest.source)
    requires = {model.format: dict(model.requires) for model in manifest.models}
    assert requires["onnx"] == {"opset": 13, "ir_version": 7, "onnxruntime": ">=1.15"}
    assert requires["drupelet"] == {"model_format": 3}
    assert requires["tflite"]["builtin_ops"]["WHILE"] == 1


def test_a_bundle_verifies_itself_and_predicts(exported):
    verification = drupelet.verify(exported.bundle)
    assert verification.passed
    ran = {verdict.engine for verdict in verification.verdicts if verdict.reason is None}
    assert {"litert", "onnx", "numpy"} <= ran
    classifier = drupelet.load(exported.bundle.path)
    assert classifier("the quiet film").n_tokens == 3


def test_goldens_are_sampled_texts_and_the_edge_suite(exported, compiled):
    goldens = read_goldens((Path(exported.bundle.path) / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    assert len(goldens) == GOLDEN_TEXTS + len(edge_suite(compiled.read))
    assert {golden.suite for golden in goldens} == {"sampled", "edge"}


def test_parity_json_is_the_document_that_report_html_is_drawn_from(exported):
    folder = Path(exported.bundle.path)
    saved = json.loads((folder / "parity.json").read_bytes())
    assert saved == exported.document.to_json()
    assert render_html(Document.from_json(saved)) == (folder / "report.html").read_text(encoding="utf-8")
    assert (saved["passed"], saved["bundle"], saved["name"]) == (True, "tiny", "tiny")
    assert len(saved["results"]) == len(exported.verification.verdicts)


def test_the_same_model_gives_the_same_bytes(exported, source, tmp_path, monkeypatch):
    """Every byte is the same except the measured latency, which parity.json and report.html show."""
    timed = {"manifest.json", "parity.json", "report.html"}
    monkeypatch.setattr("drupelet.verification.measure_latency", lambda *_: Latency(1.0, 2.0, 3, 4.0))
    one, two = (files(export_bundle(ExportRequest(source, tmp_path / n / "tiny")).bundle.path) for n in "ab")
    assert one == two
    first = files(exported.bundle.path)
    assert {name: first[name] for name in FILES - timed} == {name: one[name] for name in FILES - timed}
    manifests = [json.loads(content["manifest.json"]) for content in (first, one)]
    parities = [json.loads(content["parity.json"]) for content in (first, one)]
    for manifest in manifests:
        for name in ("parity", "report"):
            assert set(manifest.pop(name)) == {"file", "size_bytes", "sha256"}
    for parity in parities:
        for result in parity["results"]:
            assert (result.pop("latency_us") is None) == (result["not_run_because"] is not None)
    assert manifests[0] == manifests[1]
    assert parities[0] == parities[1]


def test_parity_says_how_long_each_engine_takes(exported):
    for verdict in exported.verification.verdicts:
        if verdict.reason is None:
            assert verdict.latency.n == TIMED_TEXTS
            assert 0 < verdict.latency.p50_us <= verdict.latency.p95_us


def test_held_out_texts_are_compared_and_judged(drupelet_request):
    texts = tuple(f"the film {word}" for word in ("good", "bad", "quiet")) * 100
    steps, counts = [], []
    export = export_bundle(
        replace(drupelet_request, held_out=HeldOut(texts, (1, 0, 1) * 100), accepted=CHECKS),
        steps.append,
        lambda *done: counts.append(done),
    )
    numpy_verdict = next(verdict for verdict in export.verification.verdicts if verdict.engine == "numpy")
    assert numpy_verdict.comparisons["held_out"].n == 300
    assert numpy_verdict.comparisons["held_out"].accuracy is not None
    goldens = read_goldens((Path(export.bundle.path) / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    assert sum(golden.suite == "held_out" for golden in goldens) == GOLDEN_TEXTS
    assert steps[0].startswith("reading ")
    assert "writing model.f32.drupelet" in steps
    assert "asking Keras" in steps
    assert counts[-1][0] == counts[-1][1] == 300 + sum(golden.suite == "edge" for golden in goldens)


@pytest.fixture
def swapped(saved_model, text_options, tmp_path):
    """A request with held-out texts whose labels are named in the other order: Keras is wrong on nearly all of them."""
    import keras

    texts = tuple(f"{a} {b} {c}" for a in KNOWN for b in KNOWN for c in KNOWN)
    source = Source(tmp_path / "even.keras", text_options(max_tokens=6), "texts")
    model = keras.saving.load_model(saved_model)
    model.save(source.model_path)
    positive = sorted(row[1] for row in compile_source(source).reference.predict(texts))
    middle = (positive[107] + positive[108]) / 2
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias - np.log(middle / (1 - middle))])  # half of the texts get each answer
    model.save(source.model_path)
    answers = [int(row[1] > row[0]) for row in compile_source(source).reference.predict(texts)]
    assert sum(answers) == 108
    labels = tuple(1 - answer if place % 20 else answer for place, answer in enumerate(answers))
    return ExportRequest(source, tmp_path / "bundle", formats=("drupelet",), held_out=HeldOut(texts, labels))


def test_labels_in_another_order_are_not_written(swapped, monkeypatch):
    monkeypatch.setattr(
        exporter, "run_engines", lambda *_, **__: pytest.fail("engines ran")
    )  # what is wrong shows before
    with pytest.raises(ParityError) as caught:
        export_bundle(swapped)
    sentences = str(caught.value).split("\n  ")
    assert sentences[0] == f"{swapped.destination}: not written"
    assert sentences[1].startswith("accuracy: accuracy 0.0")
    assert sentences[2].startswith("label-order: --labels good,bad would have accuracy 0.9")
    assert sentences[3] == "next: see above, or write the bundle as one that failed with --keep-failed"
    assert caught.value.verification.findings == tuple(sentences[1:3])
    failed = [check.name for check in caught.value.text_checks if check.verdict == "failed"]
    assert failed == ["accuracy", "label-order"]
    assert not swapped.destination.exists()


def test_a_bundle_that_failed_a_check_says_so(swapped):
    kept = export_bundle(replace(swapped, keep_failed=True, accepted=("accuracy",)))
    assert not kept.verification.passed
    assert all(verdict.passed for verdict in kept.verification.verdicts if verdict.reason is None)
    assert kept.bundle.manifest.verdict == "failed"
    document = Document.from_json(json.loads((Path(kept.bundle.path) / "parity.json").read_bytes()))
    verdicts = {check.name: check.verdict for check in document.text_checks}
    assert (verdicts["accuracy"], verdicts["label-order"], verdicts["unknown-words"]) == (
        "accepted",
        "failed",
        "passed",
    )
    assert document.claim == CHECKS_FAILED


def test_accepted_checks_do_not_fail_and_are_recorded(swapped, monkeypatch):
    accepted = ("accuracy", "label-order")
    export = export_bundle(replace(swapped, accepted=accepted))
    assert (export.bundle.manifest.verdict, export.document.passed) == ("passed", True)
    assert tuple(check.name for check in export.document.text_checks if check.verdict == "accepted") == accepted
    monkeypatch.setattr(check, "load_held_out", lambda *_: swapped.held_out)
    assert check_parity(export.bundle, swapped.source, "numpy", accepted=accepted).verification.passed
    failed = check_parity(export.bundle, swapped.source, "numpy")
    assert [finding.split(":")[0] for finding in failed.verification.findings] == ["accuracy", "label-order"]
    assert [c.verdict for c in failed.text_checks if c.name in accepted] == ["failed", "failed"]


def test_only_the_requested_formats_are_written(drupelet_request):
    bundle = export_bundle(drupelet_request).bundle
    assert set(files(bundle.path)) == FILES - {"model.f32.onnx", "model.f32.tflite"}
    assert [model.format for model in bundle.manifest.models] == ["drupelet"]


def test_a_bundle_may_be_a_zip(drupelet_request, tmp_path):
    bundle = export_bundle(replace(drupelet_request, destination=tmp_path / "bundle.zip")).bundle
    assert drupelet.verify(bundle).passed
    assert bundle.manifest.name == "bundle"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.zip"]


@pytest.mark.usefixtures("wrong_weights")
def test_a_model_that_answers_otherwise_is_not_written(drupelet_request):
    message = (
        r"bundle: not written, model.f32.drupelet on native, sampled texts: a probability is off by 0\.00\d+, allowed 1e-05"
        r".*; write the bundle anyway with --keep-failed and read its report.html$"
    )
    with pytest.raises(ParityError, match=message):
        export_bundle(drupelet_request)
    assert list(drupelet_request.destination.parent.iterdir()) == []


def test_a_scheme_that_misses_its_gate_gets_a_next_step(drupelet_request, monkeypatch):
    monkeypatch.setitem(GATES, "f16", GATES["f32"])
    message = r"; choose a more exact scheme than f16, or write the bundle anyway with --keep-failed and read its report.html$"
    with pytest.raises(ParityError, match=message):
        export_bundle(replace(drupelet_request, schemes=("f16",)))


def test_a_failed_export_leaves_the_old_bundle_whole(drupelet_request, request):
    old = files(export_bundle(drupelet_request).bundle.path)
    request.getfixturevalue("wrong_weights")
    with pytest.raises(ParityError):
        export_bundle(drupelet_request)
    assert files(drupelet_request.destination) == old
    assert [path.name for path in drupelet_request.destination.parent.iterdir()] == ["bundle"]


@pytest.mark.usefixtures("wrong_weights")
def test_a_failed_bundle_can_be_kept_and_says_so(drupelet_request):
    export = export_bundle(replace(drupelet_request, keep_failed=True))
    assert not export.verification.passed
    assert export.bundle.manifest.verdict == "failed"
    assert json.loads((Path(export.bundle.path) / "parity.json").read_bytes())["passed"] is False
    assert not drupelet.verify(export.bundle).passed


def test_an_id_that_differs_fails(drupelet_request, monkeypatch):
    original = exporter.bundle_vocabulary

    def with_another_word(model):
        return original(replace(model, vocabulary=tuple("aa" if word == "a" else word for word in model.vocabulary)))

    monkeypatch.setattr(exporter, "bundle_vocabulary", with_another_word)
    with pytest.raises(FormatError, match=r"model\.f32\.drupelet holds other words than vocabulary\.bin"):
        export_bundle(drupelet_request)
    with pytest.raises(ParityError, match="texts got other ids than the reference: text rules or vocabulary differ"):
        export_bundle(replace(drupelet_request, formats=("onnx",)))


def test_no_engine_that_runs_is_a_failure(drupelet_request, monkeypatch):
    monkeypatch.setattr("drupelet.availability.unavailable_reason", lambda *_: "not here")
    with pytest.raises(
        ParityError, match="not written, no engine that is installed here could run a file; write the bundle anyway"
    ):
        export_bundle(drupelet_request)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("bundle_vocabulary", KeyboardInterrupt()),
        ("emit_model", EmitError("refused")),
        ("reference_goldens", RecursionError("deep")),
        ("write_goldens", KeyboardInterrupt()),
        ("run_engines", RecursionError("deep")),
        ("report_document", KeyboardInterrupt()),
        ("render_html", RecursionError("deep")),
        ("_write_verdict", KeyboardInterrupt()),
    ],
)
def test_an_error_in_any_step_leaves_the_old_bundle_whole(drupelet_request, exported, monkeypatch, step, error):
    import shutil

    shutil.copytree(exported.bundle.path, drupelet_request.destination)

    def fails(*_, **__):
        raise error

    monkeypatch.setattr(exporter, step, fails)
    with pytest.raises(type(error)):
        export_bundle(drupelet_request)
    assert files(drupelet_request.destination) == files(exported.bundle.path)
    assert [path.name for path in drupelet_request.destination.parent.iterdir()] == ["bundle"]


def test_a_model_that_does_not_compile_leaves_nothing(drupelet_request, tmp_path):
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"broken.keras: not a .keras or .h5 model"):
        export_bundle(replace(drupelet_request, source=Source(broken, drupelet_request.source.options, None)))
    assert [path.name for path in tmp_path.iterdir()] == ["broken.keras"]


def test_the_bundle_that_was_written_is_returned_whatever_comes_after_it(drupelet_request, exported, monkeypatch):
    publish = exporter.StagedBundle.publish

    def published(staged):
        found = publish(staged)
        shutil.rmtree(staged.place)
        shutil.copytree(exported.bundle.path, staged.place)  # another export to the same destination
        return found

    monkeypatch.setattr(exporter.StagedBundle, "publish", published)
    bundle = export_bundle(drupelet_request).bundle
    assert [model.format for model in bundle.manifest.models] == ["drupelet"]
    assert bundle.manifest.verdict == "passed"
    with pytest.raises(BundleReplacedError, match="was replaced while it was in use; load it again"):
        bundle.read(bundle.manifest.parity)


def test_a_destination_that_is_no_bundle_is_refused_before_any_work(drupelet_request):
    drupelet_request.destination.mkdir()
    (drupelet_request.destination / "photo.jpg").write_bytes(b"photo")
    steps = []
    with pytest.raises(InputError, match="is not a bundle, so it is not replaced"):
        export_bundle(drupelet_request, steps.append)
    assert steps == []


def test_failures_are_sentences(exported):
    assert failures(exported.verification) == ["no engine that is installed here could run a file"]
    odd = replace(exported.verification, findings=("model.f32.onnx: embedding is not in the file",))
    assert failures(odd) == ["model.f32.onnx: embedding is not in the file"]


def test_engine_statuses_have_reasons(exported):
    statuses = drupelet.engines(exported.bundle)
    assert all(isinstance(status, EngineStatus) for status in statuses)
    assert {status.name for status in statuses if status.available} >= {"litert", "onnx", "numpy"}


def test_a_word_that_is_not_ascii_survives(keras_chain, text_options, tmp_path):
    from keras import layers

    from drupelet.text.named import TEXTVECTORIZATION

    words = ("", "[UNK]", "\u732b", "\u00e9t\u00e9", "na\u00efve", "zoo")
    model = keras_chain(layers.Embedding(6, 4, mask_zero=True), layers.GRU(3), layers.Dense(1, activation="sigmoid"))
    model.save(tmp_path / "model.keras")
    options = text_options(words=words, rules=TEXTVECTORIZATION, max_tokens=6)
    export = export_bundle(
        ExportRequest(Source(tmp_path / "model.keras", options, None), tmp_path / "b", formats=("drupelet",))
    )
    classifier = drupelet.load(export.bundle.path, engine="numpy")
    assert classifier("\u732b \u00e9t\u00e9! Na\u00efve").n_tokens == 3
    assert np.isfinite(classifier("").probability)


def test_a_text_vectorization_inside_proves_the_text(keras_chain, tmp_path):
    from keras import layers

    words = ["film", "good", "bad"]
    model = keras_chain(
        layers.TextVectorization(vocabulary=words, output_sequence_length=6),
        layers.Embedding(5, 4, mask_zero=True),
        layers.LSTM(3),
        layers.Dense(1, activation="sigmoid"),
        dtype="string",
    )
    model.save(tmp_path / "model.keras")
    source = Source(tmp_path / "model.keras", TextOptions(("bad", "good")), None)
    export = export_bundle(ExportRequest(source, tmp_path / "b", formats=("drupelet",)))
    manifest = export.bundle.manifest
    assert (manifest.proof, manifest.reference) == ("text", "the TextVectorization inside the model")
    assert export.document.claim == (
        "answers like Keras from the text on, compared with the TextVectorization inside the model"
    )


OWN_WORD = "zyzzyva"
"""A word that stands in texts of the user alone."""


@pytest.fixture
def private_request(drupelet_request):
    """A request for a private bundle with six held-out texts, each of which holds OWN_WORD."""
    texts = tuple(f"the film {word} {OWN_WORD}{n}" for n, word in enumerate(("good", "bad", "quiet") * 2))
    held_out = HeldOut(texts, (1, 0, 1) * 2)
    return replace(drupelet_request, held_out=held_out, accepted=CHECKS, private=True)


def test_a_private_bundle_holds_no_text_of_the_user(private_request, tmp_path):
    notes = []
    export = export_bundle(private_request, note=notes.append)
    content = files(export.bundle.path)
    assert not [name for name, held in content.items() if OWN_WORD.encode() in held.lower()]
    assert OWN_WORD not in "".join(notes)
    goldens = read_goldens(content["goldens.jsonl"], "goldens.jsonl")
    hidden = [golden for golden in goldens if not golden.has_text]
    texts = private_request.held_out.texts
    assert [golden.sha256 for golden in hidden] == [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    assert {golden.suite for golden in hidden} == {"held_out"}
    assert {golden.suite for golden in goldens if golden.has_text} == {"edge"}
    assert export.users_texts == 6
    document = json.loads(content["parity.json"])
    assert (document["goldens"], document["without_text"]) == ({"n": len(goldens), "without_text": 6}, 0)
    assert f"6 of {len(goldens)} texts left out" in content["report.html"].decode()
    # the same texts without --private are there
    export_bundle(replace(private_request, destination=tmp_path / "open", private=False))
    assert OWN_WORD.encode() in files(tmp_path / "open")["goldens.jsonl"]


def test_a_private_bundle_verifies_from_the_ids_on_and_with_its_texts(private_request):
    bundle = export_bundle(private_request).bundle
    outcome = drupelet.verify(bundle)
    assert (outcome.passed, outcome.without_text, outcome.proof) == (True, 6, "ids")
    whole = verify(bundle, texts=private_request.held_out.texts)
    assert (whole.passed, whole.without_text, whole.texts_found) == (True, 0, 6)


def test_findings_of_a_private_bundle_hold_no_text(private_request):
    def wrong(texts):
        return [0.25 if OWN_WORD in text else 0.5 for text in texts]

    owner = OwnerFunction("p.py:f", wrong, "p.py:f", "")
    request = replace(private_request, owner=owner, keep_failed=True)
    export = export_bundle(request)
    assert not export.verification.passed
    first, where, _ = export.verification.findings
    assert first.endswith("the first is the held_out text 'held-out 0'")
    assert where.startswith("our ids: ")
    assert not [name for name, held in files(export.bundle.path).items() if OWN_WORD.encode() in held.lower()]
    with pytest.raises(ParityError) as caught:
        export_bundle(replace(request, keep_failed=False))
    assert OWN_WORD not in str(caught.value)


def test_a_private_bundle_is_compared_with_its_model_on_the_data(private_request, source, monkeypatch):
    bundle = export_bundle(private_request).bundle
    monkeypatch.setattr(check, "load_held_out", lambda *_: private_request.held_out)
    notes = []
    parity = check_parity(bundle, replace(source, data="d.csv"), "numpy", accepted=CHECKS, note=notes.append)
    assert parity.verification.passed
    assert (parity.verification.without_text, parity.verification.verdicts[0].comparisons["held_out"].n) == (0, 6)
    assert {golden.suite for golden in parity.goldens if not golden.has_text} == {"held_out"}  # no report shows them
    assert OWN_WORD not in "".join(notes)
