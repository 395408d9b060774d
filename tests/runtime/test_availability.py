"""Engines that crash, hang or refuse are listed with their reasons, and never take the process with them."""

import pytest

import drupelet
from drupelet.availability import candidates, engine_statuses
from drupelet.benchmark import run_benchmark
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.errors import EngineUnavailableError, InputError

CRASH = "import os; os.abort()"
CRASHED = "importing onnxruntime killed the process (SIGABRT, it aborted)"


def test_engines_lists_all_with_their_reasons(bundle_folder, any_engine):
    statuses = drupelet.engines(bundle_folder)
    assert [status.name for status in statuses] == list(ENGINES)
    native, litert, onnx, numpy = statuses
    assert (litert.available, litert.format, litert.file) == (False, "tflite", None)
    assert (ENGINES["litert"].check() or "the bundle has no tflite file") in litert.reason
    for status, file in ((native, "model.f32.drupelet"), (onnx, "model.f32.onnx"), (numpy, "model.f32.drupelet")):
        missing = ENGINES[status.name].check()
        if missing is None:
            assert (status.reason, status.version, status.file) == (None, ENGINES[status.name].version(), file)
        else:
            assert (status.reason, status.version, status.file) == (missing, None, None)
    assert drupelet.engines(open_bundle(bundle_folder)) == statuses


def test_without_a_bundle_libraries_are_imported_and_no_file_is_named():
    statuses = engine_statuses(None)
    assert [status.name for status in statuses] == list(ENGINES)
    for status, engine in zip(statuses, ENGINES.values()):
        if engine.check() is None:
            assert (status.reason, status.version, status.file) == (None, engine.version(), None)


def test_an_engine_whose_library_crashes_is_listed_with_the_others(bundle_folder, fake_library, usable_engines):
    fake_library("onnxruntime", CRASH)
    statuses = {status.name: status for status in drupelet.engines(bundle_folder)}
    onnx = statuses["onnx"]
    assert (onnx.available, onnx.version, onnx.file) == (False, None, None)
    assert onnx.reason.startswith(CRASHED)
    assert all(statuses[name].available for name in usable_engines)


def test_a_file_that_the_library_refuses_is_a_reason(bundle_copy, replace_file, onnx):
    replace_file(bundle_copy, "model.f32.onnx", b"\x08\x07")
    status = drupelet.engines(bundle_copy)[2]
    assert "refuses the file" in status.reason
    assert (status.file, status.version) == (None, onnx.version())


def test_a_damaged_file_is_a_reason(bundle_copy, usable_engines):
    (bundle_copy / "model.f32.drupelet").write_bytes(b"short")
    for status in drupelet.engines(bundle_copy):
        if status.name not in usable_engines:
            continue
        assert "tiny: model.f32.drupelet: 5 bytes, the manifest says" in status.reason
        assert (status.file, status.version) == (None, ENGINES[status.name].version())


def test_a_damaged_vocabulary_file_does_not_concern_the_engine_that_does_without(bundle_copy, usable_engines):
    (bundle_copy / "vocabulary.bin").write_bytes(b"short")
    native, _, *others = drupelet.engines(bundle_copy)
    assert native.available == ("native" in usable_engines)
    for status in others:
        if ENGINES[status.name].check() is None:
            assert "vocabulary.bin: 5 bytes, the manifest says" in status.reason


def test_candidates_are_tested_file_by_file(bundle_copy, replace_file, edit_manifest, fake_library, numpy):
    """A library that dies on one file runs the others."""
    content = (bundle_copy / "model.f32.onnx").read_bytes()
    edit_manifest(
        bundle_copy,
        lambda data: data["models"].append({**data["models"][1], "file": "model.f16.onnx", "scheme": "f16"}),
    )
    deadly = b"\x08\x07"  # a protocol buffer, so that it reaches the library
    replace_file(bundle_copy, "model.f16.onnx", deadly)
    fake_library(
        "onnxruntime",
        "import os\n"
        "class SessionOptions: pass\n"
        "__version__ = '9'\n"
        "class InferenceSession:\n"
        "    def __init__(self, content, *_, **__): content == b'\\x08\\x07' and os.abort()\n"
        "    def run(self, *_):\n"
        "        import numpy\n"
        "        return [numpy.zeros((1, 2))]\n",
    )
    assert len(content) > len(deadly)
    bundle = open_bundle(bundle_copy)
    reasons = {(engine.name, model.scheme): reason for engine, model, reason in candidates(bundle, None)}
    assert reasons["onnx", "f32"] is None
    assert reasons["onnx", "f16"].startswith("loading model.f16.onnx with onnxruntime killed the process (SIGABRT")
    found = candidates(bundle, "onnx")
    assert next(found)[2] is None
    with pytest.raises(EngineUnavailableError, match=r"tiny: engine 'onnx' cannot run: loading model\.f16\.onnx with"):
        next(found)


def test_verify_goes_on_without_an_engine_that_crashes(bundle_folder, fake_library, usable_engines):
    fake_library("onnxruntime", CRASH)
    outcome = drupelet.verify(open_bundle(bundle_folder))
    assert outcome.passed
    reasons = {verdict.engine: verdict.reason for verdict in outcome.verdicts}
    assert all(reasons[name] is None for name in usable_engines)
    assert reasons["onnx"].startswith(CRASHED)
    with pytest.raises(EngineUnavailableError, match=r"tiny: engine 'onnx' cannot run: importing onnxruntime killed"):
        drupelet.verify(open_bundle(bundle_folder), "onnx")


def test_bench_goes_on_without_an_engine_that_crashes(bundle_folder, fake_library, monkeypatch, usable_engines):
    monkeypatch.setattr("drupelet.benchmark.COLD_STARTS", 1)
    fake_library("onnxruntime", CRASH)
    reasons = {cost.engine: cost.reason for cost in run_benchmark(open_bundle(bundle_folder)).costs}
    assert all(reasons[name] is None for name in usable_engines)
    assert reasons["onnx"].startswith(CRASHED)


def test_what_an_engine_raises_at_the_wish_of_the_user_is_listed(bundle_folder, monkeypatch):
    def check():
        raise InputError("no such tier")

    monkeypatch.setattr(ENGINES["native"], "check", check, raising=False)
    assert drupelet.engines(bundle_folder)[0].reason == "no such tier"
    with pytest.raises(InputError, match="no such tier"):
        list(candidates(open_bundle(bundle_folder), None))
