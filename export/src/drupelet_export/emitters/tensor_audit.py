"""Opens a model file again and finds every tensor of the description in it, bit for bit.

A converter may rename, transpose or drop what it was given. What counts is that each tensor, as the passes left it, is
among the constants of the file, and that none of those that were made small is there as floats as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet.engines.numpy_engine import stored_arrays
from drupelet.errors import DrupeletError
from drupelet.model_file import read_model_file
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import Quantized, Tensor, packed_nibbles, values_of

Constant = NDArray[Any]

FOLDED_FACTORS = (1.0, 1 / 2, 1 / 6)
"""What the TFLite converter takes out of the graph and multiplies the kernel behind with: the half of a bidirectional layer
with ``ave``, the sixth of a hard_sigmoid; and of an average over padded texts, one over their length."""


def tensor_findings(content: bytes, file_format: str, model: ModelDescription) -> list[str]:
    """What is wrong with the tensors of a file, a sentence each, naming the tensor; empty when all are there."""
    try:
        constants = list(_constants(content, file_format))
    except DrupeletError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - what protobuf and flatbuffers raise for damaged bytes has no common class
        return [f"cannot be opened as {file_format} ({type(error).__name__}: {error}); export it again"]
    lengths = (1, model.tokenizer.max_tokens or 1) if model.pooling == "average" else (1,)
    folded = FOLDED_FACTORS if file_format == "tflite" else (1.0,)
    factors = tuple(factor / length for length in lengths for factor in folded)
    findings = []
    for name, tensor in model.tensors():
        for part, expected in _parts_in_format(name, tensor, file_format, model):
            if name.endswith("bias") and not _is_whole_in(file_format):
                continue  # converters split and fold biases into what follows them
            named = [constant for name_in_file, constant in constants if name_in_file in (None, part)]
            if not any(_equal(part, expected, constant, file_format, factors) for constant in named):
                findings.append(_difference(part, expected, named))
        if isinstance(tensor, Quantized) or tensor.dtype == np.float16:
            floats = values_of(tensor)
            if any(constant.dtype == np.float32 and _equal(name, floats, constant, "") for _, constant in constants):
                findings.append(f"{name} is in the file as float32, although it was made small")
    return findings


def _parts_in_format(
    name: str, tensor: Tensor, file_format: str, model: ModelDescription
) -> Iterator[tuple[str, Constant]]:
    """The arrays that a tensor is stored as in a format: TFLite keeps the recurrent kernel of a GRU that resets before the
    product as two."""
    split = {
        f"recurrent.{place}.{way}.recurrent_kernel"
        for place, layer in enumerate(model.recurrent)
        for way in layer.shape.passes
        if layer.shape.cell == "gru" and not layer.shape.reset_after
    }
    if file_format != "tflite" or name not in split:
        yield from _parts(name, tensor)
        return
    for part, array in _parts(name, tensor):
        gates = array.shape[-1] * 2 // 3
        yield f"{part} (update, reset)", array[..., :gates]
        yield f"{part} (candidate)", array[..., gates:]


def _is_whole_in(file_format: str) -> bool:
    return file_format == "native"


def _parts(name: str, tensor: Tensor) -> Iterator[tuple[str, Constant]]:
    """The arrays that a tensor is made of."""
    if not isinstance(tensor, Quantized):
        yield name, tensor
        return
    yield name, packed_nibbles(tensor.values) if tensor.bits == 4 else tensor.values
    if tensor.codes is not None and tensor.table is not None:
        yield f"{name}.scale_codes", tensor.codes
        yield f"{name}.scale_table", tensor.table
    else:
        yield f"{name}.scales", tensor.scales


def _equal(
    name: str, expected: Constant, constant: Constant, file_format: str, factors: tuple[float, ...] = (1.0,)
) -> bool:
    """Whether a constant is the array; in converted formats also with its axes turned or its gates in another order."""
    if constant.dtype != expected.dtype or constant.size != expected.size:
        return False
    if np.array_equal(constant.reshape(-1), expected.reshape(-1)):
        return True
    if file_format == "native":
        return False
    if name.partition(" ")[0].endswith(".scales"):
        # Scales of columns in an order of their own; a quantizer that derives them again is off by a rounding.
        ordered, found = np.sort(expected), np.sort(constant.reshape(-1))
        return any(np.allclose(found, ordered * factor, rtol=1e-6, atol=0) for factor in factors)
    if expected.ndim == 2 and expected.dtype in (np.float32, np.float16) and file_format == "tflite":
        tolerance = 1e-6 if expected.dtype == np.float32 else 2e-3
        turned = constant.reshape(expected.shape[::-1]).T
        if any(np.allclose(turned, expected * factor, rtol=tolerance, atol=0) for factor in factors[1:]):
            return True
    if expected.ndim != 2:
        return False
    # A column of the array is one output; ONNX and TFLite keep it as a row, in an order of their own.
    for rows in (constant.reshape(-1, expected.shape[0]), constant.reshape(expected.shape).T):
        if rows.shape == expected.T.shape and _same_rows(np.ascontiguousarray(rows), np.ascontiguousarray(expected.T)):
            return True
    return False


def _same_rows(a: Constant, b: Constant) -> bool:
    return sorted(row.tobytes() for row in a) == sorted(row.tobytes() for row in b)


def _difference(name: str, expected: Constant, constants: list[Constant]) -> str:
    """A sentence about a tensor that is not in the file, and what is most like it."""
    alike = [
        int(np.count_nonzero(turned != expected))
        for constant in constants
        if constant.dtype == expected.dtype and constant.size == expected.size
        for turned in (constant.reshape(expected.shape), constant.reshape(expected.shape[::-1]).T)
    ]
    if not alike:
        return f"{name} is not in the file: no {expected.dtype} constant has its {expected.size} values"
    return f"{name} differs from the model in {min(alike)} of {expected.size} values"


def _constants(content: bytes, file_format: str) -> Iterator[tuple[str | None, Constant]]:
    """Every constant array of a file; with its name where the format keeps the names of the model."""
    if file_format == "native":
        yield from stored_arrays(read_model_file(content)).items()
    elif file_format == "onnx":
        import onnx

        for initializer in onnx.load_model_from_string(content).graph.initializer:
            array = onnx.numpy_helper.to_array(initializer)
            # The directions of a bidirectional layer lie in one array.
            yield from ((None, part) for part in (array if array.ndim == 3 else [array]))
    else:
        yield from ((None, constant) for constant in _tflite_constants(content))


def _tflite_constants(content: bytes) -> Iterator[Constant]:
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
            # A buffer lies in the flatbuffer, or behind it at an offset of the file.
            stored = np.frombuffer(content, np.uint8, size, start) if start > 1 else buffer.DataAsNumpy()
            if tensor.Type() in kinds and isinstance(stored, np.ndarray) and stored.size:
                yield stored.view(kinds[tensor.Type()])
                quantization = tensor.Quantization()
                scales = None if quantization is None else quantization.ScaleAsNumpy()
                if isinstance(scales, np.ndarray):
                    yield scales
