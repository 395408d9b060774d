"""Stores the weights of a TFLite file in fewer bits: float16, or int8 with one scale for each output channel.

before:  FULLY_CONNECTED reads a float32 matrix
after:   DEQUANTIZE reads the matrix in fewer bits, FULLY_CONNECTED what it gives

The passes have rounded the weights to that grid already. Interpreters dequantize a constant once, when they load the file, and
compute in float32. All other constants stay float32 (docs/decisions/0027-weights-in-tflite-files.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet.quantization import INT8_MAX, WEIGHT_RANGES

WEIGHTS = {"FULLY_CONNECTED": (1, 0), "DEPTHWISE_CONV_2D": (1, 3)}
"""The operators that multiply with weights: which input these are, and their axis of output channels."""
TABLES = {"GATHER": (0, 0)}
PER_CHANNEL_VERSION, FLOAT16_VERSION = 5, 3
"""The versions of DEQUANTIZE that read such constants."""


def with_half_weights(content: bytes) -> bytes:
    """The file with its matrices and embedding tables as float16."""
    return _rewritten(content, {**WEIGHTS, **TABLES}, "float16")


def with_int8_weights(content: bytes) -> bytes:
    """The file with its matrices as int8: the largest magnitude of each output channel is one of WEIGHT_RANGES."""
    return _rewritten(content, WEIGHTS, "int8")


def _rewritten(content: bytes, places: dict[str, tuple[int, int]], dtype: str) -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    file = _File(model, dtype)
    for graph in model.subgraphs:
        axes: dict[int, int] = {}
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            place = places.get(names[max(code.builtinCode, code.deprecatedBuiltinCode)])
            if place is not None and file.is_float_constant(graph.tensors[operator.inputs[place[0]]]):
                axes[int(operator.inputs[place[0]])] = place[1]
        operators: list[Any] = []
        for operator in graph.operators:
            # Just before the first operator that reads it: XNNPACK is slower where all stand at the beginning.
            read = [tensor for tensor in map(int, operator.inputs) if tensor in axes]
            operators += [file.dequantized(graph, tensor, axes.pop(tensor)) for tensor in dict.fromkeys(read)]
            operators.append(operator)
        graph.operators = operators
    file.drop_unread_buffers()
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@dataclass
class _File:
    """A TFLite file as objects. ``made``: the new buffer and scales of an old buffer and axis, which tensors may share."""

    model: Any
    dtype: str
    made: dict[tuple[int, int], tuple[int, NDArray[np.float32] | None]] = field(default_factory=dict)

    def is_float_constant(self, tensor: Any) -> bool:
        from ai_edge_litert import schema_py_generated as schema

        return tensor.type == schema.TensorType.FLOAT32 and self._holds_something(tensor.buffer)

    def dequantized(self, graph: Any, place: int, axis: int) -> Any:
        """An operator DEQUANTIZE whose result takes the place of a constant."""
        from ai_edge_litert import schema_py_generated as schema

        whole = graph.tensors[place]
        buffer, scales = self._reduced(whole, axis)
        small = schema.TensorT()
        small.name, small.shape, small.buffer = whole.name, whole.shape, buffer
        small.type = schema.TensorType.INT8 if self.dtype == "int8" else schema.TensorType.FLOAT16
        if scales is not None:
            small.quantization = schema.QuantizationParametersT()
            small.quantization.scale = scales
            small.quantization.zeroPoint = np.zeros(len(scales), np.int64)
            small.quantization.quantizedDimension = axis
        graph.tensors.append(small)
        whole.name, whole.buffer = b"float32", 0  # what operators compute has the empty buffer
        operator = schema.OperatorT()
        operator.opcodeIndex = self._dequantize()
        operator.inputs, operator.outputs = [len(graph.tensors) - 1], [place]
        operator.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
        operator.builtinOptions = schema.DequantizeOptionsT()
        return operator

    def drop_unread_buffers(self) -> None:
        """Leaves the buffers that are read and hold something, behind the empty one, which all other tensors share."""
        tensors = [tensor for graph in self.model.subgraphs for tensor in graph.tensors]
        readers = [*tensors, *(self.model.metadata or ())]
        held = sorted({reader.buffer for reader in readers if self._holds_something(reader.buffer)})
        number_of = {buffer: number for number, buffer in enumerate(held, start=1)}
        self.model.buffers = [self.model.buffers[0], *(self.model.buffers[buffer] for buffer in held)]
        for reader in readers:
            reader.buffer = number_of.get(reader.buffer, 0)

    def _holds_something(self, buffer: int) -> bool:
        data = self.model.buffers[buffer].data
        return data is not None and len(data) > 0

    def _reduced(self, whole: Any, axis: int) -> tuple[int, NDArray[np.float32] | None]:
        from ai_edge_litert import schema_py_generated as schema

        key = (whole.buffer, axis)
        if key not in self.made:
            values = np.asarray(self.model.buffers[whole.buffer].data, np.uint8).view(np.float32).reshape(whole.shape)
            integers, scales = _int8(values, axis) if self.dtype == "int8" else (values.astype(np.float16), None)
            buffer = schema.BufferT()
            buffer.data = np.ascontiguousarray(integers).reshape(-1).view(np.uint8)
            self.model.buffers.append(buffer)
            self.made[key] = len(self.model.buffers) - 1, scales
        return self.made[key]

    def _dequantize(self) -> int:
        """The number of the operator code of DEQUANTIZE, added at the end when it is missing."""
        from ai_edge_litert import schema_py_generated as schema

        version = PER_CHANNEL_VERSION if self.dtype == "int8" else FLOAT16_VERSION
        for number, code in enumerate(self.model.operatorCodes):
            if code.builtinCode == schema.BuiltinOperator.DEQUANTIZE and code.version == version:
                return number
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
        code.version = version
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1


def _int8(values: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Integers of the shape of ``values``, and the scale of each channel along ``axis``.

    They are those that give ``values`` back, where there are such: the quotient alone may miss a scale by a rounding. The
    largest magnitude of a channel is one of WEIGHT_RANGES.
    """
    channels = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
    largest = np.abs(channels).max(axis=1)
    integers, found = _rounded(channels, largest, INT8_MAX)
    for limit in reversed(WEIGHT_RANGES):  # of ranges that are exact, the first one is kept
        candidates, scales = _rounded(channels, largest, limit)
        for candidate in (np.nextafter(scales, np.float32(0)), np.nextafter(scales, np.float32(np.inf)), scales):
            exact = (candidates.astype(np.float32) * candidate[:, None] == channels).all(axis=1)
            integers[exact], found[exact] = candidates[exact], candidate[exact]
    shape = (values.shape[axis], *np.delete(values.shape, axis))
    return np.moveaxis(integers.astype(np.int8).reshape(shape), 0, axis), found


def _rounded(
    channels: NDArray[np.float32], largest: NDArray[np.float32], limit: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scales = np.where(largest > 0, largest / limit, 1).astype(np.float32)
    return np.clip(np.rint(channels / scales[:, None]), -limit, limit), scales
