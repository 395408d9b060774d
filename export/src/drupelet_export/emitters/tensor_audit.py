"""Opens a model file again and checks that it holds every tensor of the description, bit for bit.

A converter may rename, transpose or drop tensors. Each tensor, as the passes left it, must be among the constants of the
file. A tensor that a pass reduced to fewer bits must not be there as float32 too.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from drupelet.errors import DrupeletError
from drupelet.operations.convolution import Convolution
from drupelet.operations.operation import FLOATS
from drupelet.operations.recurrent import Recurrent
from drupelet_export.emitters.storage import Constant, Storage
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import Quantized, Tensor, packed_nibbles, values_of


def tensor_findings(content: bytes, storage: Storage, model: ModelDescription) -> list[str]:
    """The faults of a file's tensors, each a sentence that names the tensor; empty when there are none."""
    try:
        constants = list(storage.constants(content))
    except DrupeletError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - the errors of protobuf and flatbuffers have no common class
        return [f"cannot be opened as {storage.format} ({type(error).__name__}: {error}); export it again"]
    findings = []
    kinds = model.graph.tensors()
    for name, tensor in model.tensors.items():
        for part, expected in _parts_as_stored(name, tensor, storage, model):
            if kinds[name][1] == FLOATS and not storage.verbatim:
                continue  # converters split biases and fold them into other constants
            named = [constant for name_in_file, constant in constants if name_in_file in (None, part)]
            if not any(_is_stored_as(part, expected, constant, storage) for constant in named):
                findings.append(_difference(part, expected, named))
        if isinstance(tensor, Quantized) or tensor.dtype == np.float16:
            floats = values_of(tensor)
            if any(constant.dtype == np.float32 and _is_reordered(floats, constant) for _, constant in constants):
                findings.append(f"{name} is in the file as float32 too, although a pass reduced it to fewer bits")
    return findings


def _parts_as_stored(
    name: str, tensor: Tensor, storage: Storage, model: ModelDescription
) -> Iterator[tuple[str, Constant]]:
    """The arrays that a tensor consists of in a file format, with their names."""
    ends = _column_ends(name, model) if storage.splits_columns else []
    for part, array in _parts(name, tensor):
        if not ends:
            yield part, array
        for start, end in pairwise([0, *ends]):
            yield f"{part} (columns {start} to {end})", array[..., start:end]


def _column_ends(name: str, model: ModelDescription) -> list[int]:
    """Where the parts of a matrix end that enters several products; empty for a matrix of one product.

    A GRU that resets before the product multiplies the gates and the candidate with other vectors. Each group of a
    convolution reads other features.
    """
    number = int(name.split(".")[1])
    operation = model.nodes[number].operation
    if isinstance(operation, Recurrent) and operation.cell == "gru" and not operation.reset_after:
        return [2 * operation.units, 3 * operation.units] if name.endswith(".recurrent_kernel") else []
    if isinstance(operation, Convolution) and name.endswith(".kernel"):
        width = model.graph.types[model.nodes[number].inputs[0]].width
        if 1 < operation.groups < width:
            each = operation.filters // operation.groups
            return list(range(each, operation.filters + 1, each))
    return []


def _parts(name: str, tensor: Tensor) -> Iterator[tuple[str, Constant]]:
    """The arrays that a tensor consists of, with their names."""
    if not isinstance(tensor, Quantized):
        yield name, tensor
        return
    yield name, packed_nibbles(tensor.values) if tensor.bits == 4 else tensor.values
    if tensor.codes is not None and tensor.table is not None:
        yield f"{name}.scale_codes", tensor.codes
        yield f"{name}.scale_table", tensor.table
    else:
        yield f"{name}.scales", tensor.scales


def _is_stored_as(name: str, expected: Constant, constant: Constant, storage: Storage) -> bool:
    """True when a constant holds the array ``expected``, apart from the changes that the format makes to arrays."""
    if constant.dtype != expected.dtype or constant.size != expected.size:
        return False
    if storage.verbatim:
        return np.array_equal(constant.reshape(-1), expected.reshape(-1))
    if name.partition(" ")[0].endswith(".scales"):
        # The scales may be in another order. A quantizer that computes them again is off by a rounding.
        return np.allclose(np.sort(constant.reshape(-1)), np.sort(expected), rtol=1e-6, atol=0)
    return _is_reordered(expected, constant)


def _is_reordered(expected: Constant, constant: Constant) -> bool:
    """True when a constant is the array ``expected`` itself, or has its axes transposed or its gates in another order."""
    if constant.dtype != expected.dtype or constant.size != expected.size:
        return False
    if np.array_equal(constant.reshape(-1), expected.reshape(-1)):
        return True
    if expected.ndim != 2:
        return False
    # A column of the array is one output. ONNX and TFLite store it as a row, and in another order.
    for rows in (constant.reshape(-1, expected.shape[0]), constant.reshape(expected.shape).T):
        if rows.shape == expected.T.shape and _same_rows(np.ascontiguousarray(rows), np.ascontiguousarray(expected.T)):
            return True
    return False


def _same_rows(a: Constant, b: Constant) -> bool:
    return sorted(row.tobytes() for row in a) == sorted(row.tobytes() for row in b)


def _difference(name: str, expected: Constant, constants: list[Constant]) -> str:
    """A sentence about a tensor that is not in the file, with the distance of the most similar constant."""
    alike = [
        int(np.count_nonzero(candidate != expected))
        for constant in constants
        if constant.dtype == expected.dtype and constant.size == expected.size
        for candidate in (constant.reshape(expected.shape), constant.reshape(expected.shape[::-1]).T)
    ]
    if not alike:
        return f"{name} is not in the file: no {expected.dtype} constant has its {expected.size} values"
    return f"{name} differs from the model in {min(alike)} of {expected.size} values"
