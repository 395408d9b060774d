"""Tests that every engine has to pass."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import metadata

import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.errors import DrupeletError
from drupelet.goldens import write_goldens
from drupelet.output import probabilities
from runtime.format_writer import model_file
from runtime.networks import TINY_KERAS_IDS, TINY_WORDS
from runtime.oracle import oracle_of

LIBRARIES = {
    "native": ["drupelet._native"],
    "litert": ["ai_edge_litert", "tflite_runtime"],
    "onnx": ["onnxruntime"],
    "numpy": ["numpy"],
}


def test_the_order_in_which_auto_tries_them():
    assert [(engine.name, engine.format) for engine in ENGINES.values()] == [
        ("native", "drupelet"), ("litert", "tflite"), ("onnx", "onnx"), ("numpy", "drupelet")
    ]  # fmt: skip
    assert all(name == engine.name for name, engine in ENGINES.items())


def test_engines_are_a_mapping_and_each_is_made_once():
    assert len(ENGINES) == len(list(ENGINES)) == len(ENGINES.values())
    assert ENGINES["numpy"] is ENGINES["numpy"]
    assert "pickle" not in ENGINES
    with pytest.raises(KeyError, match="pickle"):
        ENGINES["pickle"]


def test_the_module_of_an_engine_is_imported_when_the_engine_is_used():
    code = """if True:
    import sys
    from drupelet.engines import ENGINES
    def imported():
        return [name for name in ENGINES if f"drupelet.engines.{name}_engine" in sys.modules]
    assert imported() == []
    ENGINES["onnx"].check()
    assert imported() == ["onnx"]
    """
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["litert", "onnx", "numpy"])
def test_an_engine_without_its_library_says_what_to_install(name, monkeypatch):
    for module in LIBRARIES[name]:
        monkeypatch.setitem(sys.modules, module, None)
    reason = ENGINES[name].check()
    assert " installed: pip install " in reason
    assert all(module in reason for module in LIBRARIES[name])


@pytest.mark.parametrize("name", ["litert", "onnx"])
def test_an_engine_without_numpy_says_so(name, monkeypatch):
    if ENGINES[name].check() is not None:
        pytest.skip(ENGINES[name].check())
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert ENGINES[name].check() == "the Python module numpy is not installed: pip install numpy"


def test_a_library_is_looked_for_and_not_imported():
    code = """if True:
    import sys
    from drupelet.engines import ENGINES
    for engine in ENGINES.values():
        engine.check()
    print([name for name in ("numpy", "onnxruntime", "ai_edge_litert", "tflite_runtime") if name in sys.modules])
    """
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_version_names_the_library(engine_name):
    name, version = ENGINES[engine_name].version().split(" ", 1)
    assert name.replace("-", "_") in [library.partition(".")[0] for library in LIBRARIES[engine_name]]
    assert version[0].isdigit()


def test_logits_are_those_of_the_reference(full_bundle, engine_name, model):
    engine = ENGINES[engine_name]
    session = engine.load(full_bundle, full_bundle.model(engine.format))
    texts = [[], [7], [2, 13, 6], list(range(2, 2 + len(TINY_WORDS))), [4] * 8, [1, 0, 1]]  # in ids of a .drupelet file
    keras_ids = [0, 1, *TINY_KERAS_IDS] if engine.format != "drupelet" else range(14)
    logits = session.run([[keras_ids[number] for number in ids] for ids in texts])
    expected = oracle_of(model).run(texts)
    assert len(logits) == len(expected)
    for row, expected_row in zip(logits, expected):
        assert all(type(value) is float for value in row)
        assert row == pytest.approx(expected_row, abs=1e-5)


def test_an_empty_batch(full_bundle, engine_name):
    engine = ENGINES[engine_name]
    assert engine.load(full_bundle, full_bundle.model(engine.format)).run([]) == []


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_padding_that_is_not_masked_is_computed(
    model, goldens, bundle_copy, edit_manifest, replace_file, drupelet_engine, padding
):
    padded = model.with_graph(padding=padding)
    filled = []
    for golden in goldens:
        filling = (0,) * (8 - len(golden.ids))
        ids = filling + golden.ids if padding == "pre" else golden.ids + filling
        (logits,) = oracle_of(padded).run([[([0, 1, *TINY_KERAS_IDS]).index(number) for number in ids]])
        filled.append(replace(golden, ids=ids, probabilities=probabilities(logits, "softmax"), label=None))
    edit_manifest(bundle_copy, lambda data: data["network"].update(padding=padding))
    replace_file(bundle_copy, "model.f32.drupelet", model_file(padded))
    replace_file(bundle_copy, "goldens.jsonl", write_goldens(filled))
    outcome = drupelet.verify(open_bundle(bundle_copy), drupelet_engine)
    assert outcome.passed, json.dumps(outcome.to_json(), indent=1)


@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"TFL3", b"not a model at all", bytes(range(256)) * 8])
def test_a_file_that_is_no_model(full_bundle_folder, tmp_path, replace_file, engine_name, content):
    folder = shutil.copytree(full_bundle_folder, tmp_path / "foreign")
    model_file = open_bundle(folder).model(ENGINES[engine_name].format).entry.file
    replace_file(folder, model_file, content)
    with pytest.raises(DrupeletError, match=rf"foreign: {model_file}: "):
        drupelet.load(folder, engine_name)


def test_a_library_without_the_metadata_of_its_distribution_still_has_a_version(engine_name, monkeypatch):
    # ai_edge_litert also comes as ai-edge-litert-nightly, tflite_runtime from Debian.
    def not_found(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", not_found)
    assert ENGINES[engine_name].version()


def test_a_session_does_not_write_to_stdout(full_bundle_folder, engine_name):
    command = [sys.executable, "-m", "drupelet", "predict", str(full_bundle_folder), "good", "--engine", engine_name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LANG": "C"})
    assert len(done.stdout.splitlines()) == 1
