"""From a description to the bytes of a file, opened again and checked, with what the file needs to run."""

from __future__ import annotations

from typing import Any

from drupelet.model_file import VERSION as MODEL_FILE_VERSION
from drupelet_export.emitters.native import emit_native
from drupelet_export.emitters.onnx import IR_VERSION, OLDEST_ONNXRUNTIME, OPSET, emit_onnx
from drupelet_export.emitters.tensor_audit import tensor_findings
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.emitters.tflite_audit import builtin_operators
from drupelet_export.errors import EmitError
from drupelet_export.model.description import ModelDescription


def emit_model(
    model: ModelDescription, scheme: str, file_format: str, vocabulary: bytes
) -> tuple[bytes, dict[str, Any]]:
    """The file of a model after the passes of a scheme, and what it needs; ``vocabulary`` is its vocabulary file.

    Raises EmitError, naming the tensor or the operator, when what was written is not what the passes made: every tensor
    bit for bit, builtin operators without state, no loop in ONNX, no float copy of what was made small.
    """
    if file_format == "native":
        content = emit_native(model, vocabulary, scheme)
        requires: dict[str, Any] = {"model_format": MODEL_FILE_VERSION}
    elif file_format == "onnx":
        content = emit_onnx(model)
        requires = {"opset": OPSET, "ir_version": IR_VERSION, "onnxruntime": f">={OLDEST_ONNXRUNTIME}"}
    else:
        content = emit_tflite(model)
        requires = {"builtin_ops": builtin_operators(content)}
    findings = tensor_findings(content, file_format, model)
    if findings:
        raise EmitError(f"the {scheme} {file_format} file is not the model: {'; '.join(findings)}")
    return content, requires


def words_of(model: ModelDescription) -> tuple[list[str], int]:
    """The words in id order, and the id of the first."""
    words = [word for word in model.vocabulary if word is not None]
    return words, len(model.vocabulary) - len(words)
