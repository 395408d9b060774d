"""Opens a model file again and checks that it holds every tensor of the description, bit for bit.

A converter may rename, transpose or drop tensors. Each tensor, as the passes left it, must be among the constants of the
file. A tensor that a pass reduced to fewer bits must not be there as float32 too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from drupelet.errors import DrupeletError
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
    factors = _factors(storage, model)
    findings = []
    kinds = model.graph.tensors()
    for name, tensor in model.tensors.items():
        for part, expected in _parts_as_stored(name, tensor, storage, model):
            if kinds[name][1] == FLOATS and not storage.verbatim:
                continue  # converters split biases and fold them into other constants
            named = [constant for name_in_file, constant in constants if name_in_file in (None, part)]
            if not any(_is_stored_as(part, expected, constant, storage, factors) for constant in named):
                findings.append(_difference(part, expected, named))
        if isinstance(tensor, Quantized) or tensor.dtype == np.float16:
            floats = values_of(tensor)
            if any(constant.dtype == np.float32 and _is_reordered(floats, constant) for _, constant in constants):
                findings.append(f"{name} is in the file as float32 too, although a pass reduced it to fewer bits")
    return findings


def _factors(storage: Storage, model: ModelDescription) -> tuple[float, ...]:
    """The factors that a stored kernel may have been multiplied with.

    A converter that folds constants into kernels also folds the average over padded texts: one over their length.
    """
    if storage.folded_factors == (1.0,):
        return storage.folded_factors
    types = model.graph.types
    lengths = [1]
    for node in model.nodes:
        operation = vars(node.operation)
        if operation.get("function") == "average" and node.operation.name in ("reduce", "window_pool"):
            lengths.append(operation.get("size") or types[node.inputs[0]].length or 1)
    return tuple(factor / length for length in lengths for factor in storage.folded_factors)


def _parts_as_stored(
    name: str, tensor: Tensor, storage: Storage, model: ModelDescription
) -> Iterator[tuple[str, Constant]]:
    """The arrays that a tensor consists of in a file format, with their names."""
    split = {
        f"recurrent.{number}.{way}.recurrent_kernel"
        for number, node in enumerate(model.nodes)
        if isinstance(node.operation, Recurrent) and node.operation.cell == "gru" and not node.operation.reset_after
        for way in node.operation.passes
    }
    if not storage.splits_candidate or name not in split:
        yield from _parts(name, tensor)
        return
    for part, array in _parts(name, tensor):
        gates = array.shape[-1] * 2 // 3
        yield f"{part} (update, reset)", array[..., :gates]
        yield f"{part} (candidate)", array[..., gates:]


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


def _is_stored_as(
    name: str, expected: Constant, constant: Constant, storage: Storage, factors: Sequence[float]
) -> bool:
    """True when a constant holds the array ``expected``, apart from the changes that the format makes to arrays."""
    if constant.dtype != expected.dtype or constant.size != expected.size:
        return False
    if storage.verbatim:
        return np.array_equal(constant.reshape(-1), expected.reshape(-1))
    if name.partition(" ")[0].endswith(".scales"):
        # The scales may be in another order. A quantizer that computes them again is off by a rounding.
        ordered, found = np.sort(expected), np.sort(constant.reshape(-1))
        return any(np.allclose(found, ordered * factor, rtol=1e-6, atol=0) for factor in factors)
    return _is_reordered(expected, constant) or _is_folded(expected, constant, factors)


def _is_folded(expected: Constant, constant: Constant, factors: Sequence[float]) -> bool:
    """True when a constant is the float matrix ``expected``, transposed and multiplied with a factor other than 1."""
    if expected.ndim != 2 or expected.dtype not in (np.float32, np.float16):
        return False
    tolerance = 1e-6 if expected.dtype == np.float32 else 2e-3
    transposed = constant.reshape(expected.shape[::-1]).T
    return any(np.allclose(transposed, expected * factor, rtol=tolerance, atol=0) for factor in factors if factor != 1)


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
