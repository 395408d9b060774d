"""Writes a description in any file format, opens the file again to check it, and lists what the file needs to run."""

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

    ``emit`` takes a model after the passes of a scheme, the scheme and the bytes of the vocabulary file, and returns the
    bytes of the model file. ``requires`` lists what such a file needs to run. ``storage`` says how the format stores tensors.
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
"""All file formats by name. The name is also the suffix of the files. A new format adds an entry here."""


def emit_model(
    model: ModelDescription, scheme: str, file_format: str, vocabulary: bytes
) -> tuple[bytes, dict[str, Any]]:
    """The bytes of the file for a model after the passes of a scheme, and what the file needs to run.

    ``vocabulary`` holds the bytes of the model's vocabulary file. Raises EmitError that names the tensor or the operator,
    unless the file has every tensor bit for bit, no second copy of a reduced tensor as float32, only builtin operators
    without state (TFLite) and no loop (ONNX).
    """
    emitter = EMITTERS[file_format]
    content = emitter.emit(model, scheme, vocabulary)
    requires = emitter.requires(content)
    findings = tensor_findings(content, emitter.storage, model)
    if findings:
        raise EmitError(
            f"the {scheme} {file_format} file differs from the model: {'; '.join(findings)}; report this bug"
        )
    return content, requires


def words_of(model: ModelDescription) -> tuple[list[str], int]:
    """The words of a model in the order of their ids, and the first id."""
    words = [word for word in model.vocabulary if word is not None]
    return words, len(model.vocabulary) - len(words)
