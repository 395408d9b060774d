"""The passes that store weights in fewer bits: float16, or integers with scales.

before:  embedding.0.table float32 (20000, 50), recurrent.1.forward.kernel float32 (50, 256)
after:   embedding.0.table int8 or int4 with one scale per row, kernels int8 with one scale per column

Approximate: the passes promise nothing about the answers; the gates of the scheme judge them on texts. Biases stay float32,
because they are few. A model whose weights would hardly shrink is an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from drupelet.operations.operation import COLUMNS, FLOATS, ROWS
from drupelet.operations.recurrent import Recurrent
from drupelet.quantization import SMALL_INT8
from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import Array, Quantized, Tensor, stored_bytes, values_of
from drupelet_export.model.sample_texts import sample_texts
from drupelet_export.passes.pipeline import Pass
from drupelet_export.passes.rounding import Matrix, lies_on_grid, quantize_columns, quantize_rows

WORTHWHILE_SHARE = 0.75
"""Maximum share of the float32 bytes that quantized weights may take. Above it, quantization is not worth its errors."""

INPUT_KERNEL_SHARE = 0.03
"""Weight of the change of gate inputs in the error that rounding minimises, relative to the answer's change on sampled texts.

Sampled texts alone say nothing about directions that they do not reach. Chosen on validation reviews
(docs/decisions/0007-int4-rows.md)."""


def _map_tensors(model: ModelDescription, storage: str, change: Callable[[Array], Tensor]) -> ModelDescription:
    """The model with ``change`` applied to every tensor that schemes store by ``storage``: ROWS or COLUMNS."""
    kinds = {name: kind for name, (_, kind) in model.graph.tensors().items()}
    changed = {
        name: change(values_of(tensor)) if kinds[name] == storage else tensor for name, tensor in model.tensors.items()
    }
    return replace(model, tensors=changed)


def _to_float16(array: Array) -> Tensor:
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    if not np.isfinite(half).all():
        raise ModelError(f"a weight of {np.abs(array).max():.6g} is too large for float16 (65504); use f32 or wi8")
    return half


def _round_to_float16(model: ModelDescription) -> ModelDescription:
    return _map_tensors(_map_tensors(model, COLUMNS, _to_float16), ROWS, _to_float16)


def _quantize_kernels(model: ModelDescription) -> ModelDescription:
    return _map_tensors(model, COLUMNS, quantize_columns)


def _quantize_kernels_small(model: ModelDescription) -> ModelDescription:
    """As _quantize_kernels, but the kernels of recurrent layers are within SMALL_INT8."""
    kinds = model.graph.tensors()
    small = {
        name: quantize_columns(values_of(model.tensors[name]), SMALL_INT8)
        for name in _recurrent_tensors(model)
        if kinds[name][1] == COLUMNS
    }
    quantized = _quantize_kernels(model)
    return replace(quantized, tensors={**quantized.tensors, **small})


def _recurrent_tensors(model: ModelDescription) -> list[str]:
    prefixes = tuple(
        model.graph.tensor_prefix(number)
        for number, node in enumerate(model.nodes)
        if isinstance(node.operation, Recurrent)
    )
    return [name for name in model.tensors if name.startswith(prefixes)]


def _quantize_embedding_int8(model: ModelDescription) -> ModelDescription:
    return _worthwhile(model, _map_tensors(model, ROWS, lambda table: quantize_rows(table, 8)))


def _quantize_embedding_int4(model: ModelDescription) -> ModelDescription:
    tables = {name: values_of(table) for name, table in model.tables.items()}
    small = {name: quantize_rows(table, 4) for name, table in tables.items()}
    if not all(lies_on_grid(table, small[name]) for name, table in tables.items()):
        from drupelet_export.passes.sensitivity import input_sensitivities

        for name, answer in input_sensitivities(model, sample_texts(model)).items():
            small[name] = quantize_rows(tables[name], 4, _weighted(answer, _read_by(model, name)))
    return _worthwhile(model, replace(model, tensors={**model.tensors, **small}))


def _read_by(model: ModelDescription, table: str) -> list[Array]:
    """The kernels (dim, columns) of the layers that read the rows of a table; a convolution has one for each of its places."""
    found = []
    for number, node in enumerate(model.nodes):
        read = node.inputs[0] - 1
        if read < 0 or f"{model.graph.tensor_prefix(read)}table" != table:
            continue
        for role, tensor in model.weights(number).items():
            kernel = values_of(tensor)
            if role.rpartition(".")[2] != "kernel" or vars(node.operation).get("groups", 1) > 1:
                continue
            places = vars(node.operation).get("kernel_size", 1)
            found += np.split(kernel, places)
    return found


def _weighted(answer: Matrix, kernels: Sequence[Array]) -> Matrix:
    """What an error of a row costs: the change of the answer, and a share for the change of what reads the row."""
    weight: Matrix = answer / max(np.trace(answer), 1e-30)
    if not kernels:
        return weight
    inputs = sum(kernel.astype(np.float64) @ kernel.T.astype(np.float64) for kernel in kernels)
    return np.asarray(weight + INPUT_KERNEL_SHARE * inputs / max(np.trace(inputs), 1e-30))


def _worthwhile(before: ModelDescription, after: ModelDescription) -> ModelDescription:
    """The model after quantization. Raises ModelError when its weights hardly shrank."""
    floats = sum(values_of(tensor).nbytes for tensor in before.tensors.values())
    stored = sum(stored_bytes(tensor) for tensor in after.tensors.values())
    if stored > WORTHWHILE_SHARE * floats:
        raise ModelError(
            f"the model is too small to quantize usefully: its weights would go from {floats} to {stored} bytes; export f32"
        )
    return after


def _is_float(model: ModelDescription) -> str | None:
    odd = [
        name for name, tensor in model.tensors.items() if isinstance(tensor, Quantized) or tensor.dtype != np.float32
    ]
    return f"{odd[0]} is not float32 any more" if odd else None


def _kernels_are_int8(model: ModelDescription) -> str | None:
    kinds = model.graph.tensors()
    odd = [
        name
        for name, tensor in model.tensors.items()
        if kinds[name][1] == COLUMNS and not isinstance(tensor, Quantized)
    ]
    return f"{odd[0]} is not int8" if odd else None


def _recurrent_kernels_are_small(model: ModelDescription) -> str | None:
    reason = _kernels_are_int8(model)
    if reason is not None:
        return reason
    tensors = {name: model.tensors[name] for name in _recurrent_tensors(model)}
    odd = [
        name
        for name, tensor in tensors.items()
        if isinstance(tensor, Quantized) and np.abs(tensor.values.astype(int)).max() > SMALL_INT8
    ]
    return f"{odd[0]} has a weight beyond {SMALL_INT8}" if odd else None


def _embedding_has_bits(bits: int) -> Callable[[ModelDescription], str | None]:
    def condition(model: ModelDescription) -> str | None:
        odd = [
            name
            for name, table in model.tables.items()
            if not (isinstance(table, Quantized) and table.bits == bits and table.codes is not None)
        ]
        return f"{odd[0]} does not have {bits}-bit rows" if odd else None

    return condition


def _embedding_is_float(model: ModelDescription) -> str | None:
    odd = [name for name, table in model.tables.items() if isinstance(table, Quantized)]
    return f"{odd[0]} is quantized already" if odd else None


def _everything_is_half(model: ModelDescription) -> str | None:
    kinds = model.graph.tensors()
    odd = [
        name
        for name, tensor in model.tensors.items()
        if kinds[name][1] != FLOATS and (isinstance(tensor, Quantized) or tensor.dtype != np.float16)
    ]
    return f"{odd[0]} is not float16" if odd else None


ROUND_TO_FLOAT16 = Pass("round_to_float16", _round_to_float16, _is_float, _everything_is_half, math.inf)
QUANTIZE_KERNELS = Pass("quantize_kernels", _quantize_kernels, _is_float, _kernels_are_int8, math.inf)
QUANTIZE_KERNELS_SMALL = Pass(
    "quantize_kernels_small", _quantize_kernels_small, _is_float, _recurrent_kernels_are_small, math.inf
)
QUANTIZE_EMBEDDING_INT8 = Pass(
    "quantize_embedding_int8", _quantize_embedding_int8, _embedding_is_float, _embedding_has_bits(8), math.inf
)
QUANTIZE_EMBEDDING_INT4 = Pass(
    "quantize_embedding_int4", _quantize_embedding_int4, _embedding_is_float, _embedding_has_bits(4), math.inf
)
