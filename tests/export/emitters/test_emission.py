"""A description becomes a checked file, and the requirements of the file are listed."""

import pytest

from drupelet.manifest import FORMATS
from drupelet.model_file import read_model_file
from drupelet_export.emitters import emission
from drupelet_export.emitters.emission import EMITTERS, emit_model, words_of
from drupelet_export.emitters.vocabulary_file import emit_vocabulary
from drupelet_export.errors import EmitError
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes

WORDS = (None, None, *(f"w{number}" for number in range(398)))


@pytest.fixture(scope="module")
def model(random_model):
    return run_passes(random_model(words=WORDS, embedding_dim=6), PIPELINE)


@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_what_files_need(model, scheme):
    small = run_passes(model, SCHEME_PASSES[scheme])
    vocabulary = emit_vocabulary(*words_of(small))
    content, requires = emit_model(small, scheme, "drupelet", vocabulary)
    file = read_model_file(content)
    assert (requires, file.scheme, file.vocabulary) == ({"model_format": 2}, scheme, vocabulary)
    assert emit_model(small, scheme, "onnx", vocabulary)[1] == {
        "opset": 13, "ir_version": 7, "onnxruntime": ">=1.15"
    }  # fmt: skip
    operators = emit_model(small, scheme, "tflite", vocabulary)[1]["builtin_ops"]
    assert {"FULLY_CONNECTED", "GATHER", "WHILE"} <= set(operators)
    assert ("DEQUANTIZE" in operators) == (scheme != "f32")


@pytest.mark.parametrize("file_format", EMITTERS)
def test_a_finding_of_the_audit_is_an_error(model, monkeypatch, file_format):
    monkeypatch.setattr(emission, "tensor_findings", lambda *_: ["embedding is gone", "so is dense.0.kernel"])
    message = (
        f"^the f32 {file_format} file differs from the model: embedding is gone; so is dense.0.kernel; report this bug$"
    )
    with pytest.raises(EmitError, match=message):
        emit_model(model, "f32", file_format, emit_vocabulary(*words_of(model)))


def test_words_in_id_order_and_the_first_id(random_model):
    assert words_of(random_model()) == (["the", "film", "a", "good", "bad", "quiet"], 2)
    assert words_of(random_model(words=(None, None))) == ([], 2)


def test_every_format_of_a_bundle_has_an_emitter_whose_storage_names_it():
    assert set(EMITTERS) == set(FORMATS)
    assert {name: emitter.storage.format for name, emitter in EMITTERS.items()} == {name: name for name in EMITTERS}
