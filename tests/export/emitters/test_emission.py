"""A description becomes a checked file, and the requirements of the file are listed."""

import pytest

from drupelet.manifest import FORMATS
from drupelet.model_file import read_model_file
from drupelet.vocabulary import Vocabulary
from drupelet_export.emitters import emission
from drupelet_export.emitters.emission import EMITTERS, emit_model
from drupelet_export.errors import EmitError
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes

WORDS = (None, None, *(f"w{number}" for number in range(398)))


@pytest.fixture(scope="module")
def model(random_model):
    return run_passes(random_model(words=WORDS, embedding_dim=6), PIPELINE)


@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_what_files_need(model, scheme):
    small = run_passes(model, SCHEME_PASSES[scheme])
    content, requires = emit_model(small, scheme, "drupelet")
    file = read_model_file(content)
    assert (requires, file.scheme) == ({"model_format": 3}, scheme)
    assert list(Vocabulary(file.vocabulary)) == sorted(WORDS[2:])
    assert emit_model(small, scheme, "onnx")[1] == {
        "opset": 13, "ir_version": 7, "onnxruntime": ">=1.15"
    }  # fmt: skip
    operators = emit_model(small, scheme, "tflite")[1]["builtin_ops"]
    assert {"FULLY_CONNECTED", "GATHER", "WHILE"} <= set(operators)
    assert ("DEQUANTIZE" in operators) == (scheme != "f32")


@pytest.mark.parametrize("file_format", EMITTERS)
def test_a_finding_of_the_audit_is_an_error(model, monkeypatch, file_format):
    monkeypatch.setattr(emission, "tensor_findings", lambda *_: ["embedding is gone", "so is dense.0.kernel"])
    message = (
        f"^the f32 {file_format} file differs from the model: embedding is gone; so is dense.0.kernel; report this bug$"
    )
    with pytest.raises(EmitError, match=message):
        emit_model(model, "f32", file_format)


def test_only_a_drupelet_file_has_ids_of_its_own(random_model):
    model = random_model(words=(None, None, "the", None, "film", "a"))
    assert EMITTERS["drupelet"].arranged(model).vocabulary == (None, None, "a", "film", "the")
    for name in ("onnx", "tflite"):
        assert EMITTERS[name].arranged(model) is model


def test_every_format_of_a_bundle_has_an_emitter_whose_storage_names_it():
    assert set(EMITTERS) == set(FORMATS)
    assert {name: emitter.storage.format for name, emitter in EMITTERS.items()} == {name: name for name in EMITTERS}
