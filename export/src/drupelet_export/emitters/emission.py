"""Writes a description in any file format, opens the file again to check it, and lists what the file needs to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drupelet.model_file import VERSION as MODEL_FILE_VERSION
from drupelet_export.emitters.drupelet_file import DRUPELET_STORAGE, emit_drupelet
from drupelet_export.emitters.onnx import IR_VERSION, OLDEST_ONNXRUNTIME, ONNX_STORAGE, OPSET, emit_onnx
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.emitters.storage import Storage
from drupelet_export.emitters.tensor_audit import tensor_findings
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.emitters.tflite_audit import TFLITE_STORAGE, builtin_operators
from drupelet_export.errors import EmitError
from drupelet_export.model.description import ModelDescription


@dataclass(frozen=True)
class Emitter:
    """A file format.

    ``emit`` takes a model, arranged for the format, and its scheme, and returns the bytes of the model file. ``requires``
    lists what such a file needs to run. ``storage`` says how the format stores tensors. ``arranged`` gives a model after the
    passes of a scheme the ids and rows of the format: Keras's own, unless the format says otherwise.
    """

    emit: Callable[[ModelDescription, str], bytes]
    requires: Callable[[bytes], dict[str, Any]]
    storage: Storage
    arranged: Callable[[ModelDescription], ModelDescription] = lambda model: model


EMITTERS: Mapping[str, Emitter] = {
    "drupelet": Emitter(
        emit_drupelet,
        lambda _: {"model_format": MODEL_FILE_VERSION},
        DRUPELET_STORAGE,
        in_rank_order,
    ),
    "onnx": Emitter(
        lambda model, scheme: emit_onnx(model),
        lambda _: {"opset": OPSET, "ir_version": IR_VERSION, "onnxruntime": f">={OLDEST_ONNXRUNTIME}"},
        ONNX_STORAGE,
    ),
    "tflite": Emitter(
        lambda model, scheme: emit_tflite(model),
        lambda content: {"builtin_ops": builtin_operators(content)},
        TFLITE_STORAGE,
    ),
}
"""All file formats by name. The name is also the suffix of the files. A new format adds an entry here."""


def emit_model(model: ModelDescription, scheme: str, file_format: str) -> tuple[bytes, dict[str, Any]]:
    """The bytes of the file for a model after the passes of a scheme, and what the file needs to run.

    Raises EmitError that names the tensor or the operator, unless the file has every tensor bit for bit, no second copy of a
    reduced tensor as float32, only builtin operators without state (TFLite) and no loop (ONNX).
    """
    emitter = EMITTERS[file_format]
    arranged = emitter.arranged(model)
    content = emitter.emit(arranged, scheme)
    requires = emitter.requires(content)
    findings = tensor_findings(content, emitter.storage, arranged)
    if findings:
        raise EmitError(
            f"the {scheme} {file_format} file differs from the model: {'; '.join(findings)}; report this bug"
        )
    return content, requires
