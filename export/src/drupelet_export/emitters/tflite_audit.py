"""Reads a written TFLite file: the operators and versions that it needs, and its constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from drupelet_export.emitters.storage import Constant, Storage
from drupelet_export.errors import EmitError

STATEFUL = frozenset(
    {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM",
     "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "RNN", "SVDF", "CALL_ONCE"}
)  # fmt: skip
"""Operators that keep state from one text to the next."""


def builtin_operators(content: bytes) -> dict[str, int]:
    """The builtin operators of a TFLite file, each with the version it needs.

    Raises EmitError when the file needs a custom or Flex operator, or one that keeps state.
    """
    from ai_edge_litert import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    model: Any = schema.Model.GetRootAsModel(content, 0)
    operators: dict[str, int] = {}
    for place in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(place)
        # Codes below 127 are in the older, one-byte field.
        name = names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        if code.CustomCode() is not None or name == "CUSTOM":
            raise EmitError(
                f"TFLite file: needs the custom operator {code.CustomCode()!r}, expected builtin ones only; report this bug"
            )
        if name in STATEFUL:
            raise EmitError(
                f"TFLite file: {name} keeps state from one text to the next, expected operators without state; report this bug"
            )
        operators[name] = max(operators.get(name, 0), code.Version())
    return dict(sorted(operators.items()))


def _constants(content: bytes) -> Iterator[tuple[None, Constant]]:
    from ai_edge_litert import schema_py_generated as schema

    kinds = {
        schema.TensorType.FLOAT32: np.float32,
        schema.TensorType.FLOAT16: np.float16,
        schema.TensorType.INT8: np.int8,
        schema.TensorType.UINT8: np.uint8,
    }
    model: Any = schema.Model.GetRootAsModel(content, 0)
    for graph in (model.Subgraphs(place) for place in range(model.SubgraphsLength())):
        for tensor in (graph.Tensors(place) for place in range(graph.TensorsLength())):
            buffer = model.Buffers(tensor.Buffer())
            start, size = buffer.Offset(), buffer.Size()
            # A buffer is inside the flatbuffer, or after it at an offset in the file.
            stored = np.frombuffer(content, np.uint8, size, start) if start > 1 else buffer.DataAsNumpy()
            if tensor.Type() in kinds and isinstance(stored, np.ndarray) and stored.size:
                yield (
                    None,
                    stored.view(kinds[tensor.Type()]).reshape([tensor.Shape(i) for i in range(tensor.ShapeLength())]),
                )
                quantization = tensor.Quantization()
                scales = None if quantization is None else quantization.ScaleAsNumpy()
                if isinstance(scales, np.ndarray):
                    yield None, scales


TFLITE_STORAGE = Storage("tflite", _constants, splits_columns=True)
