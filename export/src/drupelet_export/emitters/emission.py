"""Writes a description in any file format, opens the file again and checks it, and says what the file needs to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drupelet.model_file import VERSION as MODEL_FILE_VERSION
from drupelet_export.emitters.drupelet_file import DRUPELET_STORAGE, emit_drupelet
from drupelet_export.emitters.onnx import IR_VERSION, OLDEST_ONNXRUNTIME, ONNX_STORAGE, OPSET, emit_onnx
from drupelet_export.emitters.storage import Storage
from drupelet_export.emitters.tensor_audit import tensor_findings
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.emitters.tflite_audit import TFLITE_STORAGE, builtin_operators
from drupelet_export.errors import EmitError
from drupelet_export.model.description import ModelDescription


@dataclass(frozen=True)
class Emitter:
    """A file format.

    ``emit`` writes a model after the passes of a scheme, given that scheme and the bytes of its vocabulary file;
    ``requires`` says what an emitted file needs to run; ``storage`` is how the format keeps tensors.
    """

    emit: Callable[[ModelDescription, str, bytes], bytes]
    requires: Callable[[bytes], dict[str, Any]]
    storage: Storage


EMITTERS: Mapping[str, Emitter] = {
    "drupelet": Emitter(
        lambda model, scheme, vocabulary: emit_drupelet(model, vocabulary, scheme),
        lambda _: {"model_format": MODEL_FILE_VERSION},
        DRUPELET_STORAGE,
    ),
    "onnx": Emitter(
        lambda model, scheme, vocabulary: emit_onnx(model),
        lambda _: {"opset": OPSET, "ir_version": IR_VERSION, "onnxruntime": f">={OLDEST_ONNXRUNTIME}"},
        ONNX_STORAGE,
    ),
    "tflite": Emitter(
        lambda model, scheme, vocabulary: emit_tflite(model),
        lambda content: {"builtin_ops": builtin_operators(content)},
        TFLITE_STORAGE,
    ),
}
"""Every file format by its name, which is the suffix of its files too; a new format is a line here."""


def emit_model(
    model: ModelDescription, scheme: str, file_format: str, vocabulary: bytes
) -> tuple[bytes, dict[str, Any]]:
    """The file of a model after the passes of a scheme, and what it needs; ``vocabulary`` is its vocabulary file.

    Raises EmitError, naming the tensor or the operator, when the file is not what the passes made: every tensor bit for
    bit, builtin operators without state, no loop in ONNX, no float copy of what was made small.
    """
    emitter = EMITTERS[file_format]
    content = emitter.emit(model, scheme, vocabulary)
    requires = emitter.requires(content)
    findings = tensor_findings(content, emitter.storage, model)
    if findings:
        raise EmitError(f"the {scheme} {file_format} file is not the model: {'; '.join(findings)}")
    return content, requires


def words_of(model: ModelDescription) -> tuple[list[str], int]:
    """The words in id order, and the id of the first."""
    words = [word for word in model.vocabulary if word is not None]
    return words, len(model.vocabulary) - len(words)
