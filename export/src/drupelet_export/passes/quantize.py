"""The passes that store weights in fewer bits: float16, or integers with scales.

before:  embedding float32 (20000, 50), recurrent.0.forward.kernel float32 (50, 256)
after:   embedding int8 or int4 with one scale per row, kernels int8 with one scale per column

Approximate: the passes promise nothing about the answers; the gates of the scheme judge them on texts. Biases stay float32,
because they are few. A model whose weights would hardly shrink is an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import Array, Quantized, Tensor, stored_bytes, values_of
from drupelet_export.model.sample_texts import sample_texts
from drupelet_export.passes.pipeline import Pass
from drupelet_export.passes.rounding import lies_on_grid, quantize_columns, quantize_rows

WORTHWHILE_SHARE = 0.75
"""Maximum share of the float32 bytes that quantized weights may take. Above it, quantization is not worth its errors."""

INPUT_KERNEL_SHARE = 0.03
"""Weight of the change of gate inputs in the error that rounding minimises, relative to the answer's change on sampled texts.

Sampled texts alone say nothing about directions that they do not reach. Chosen on validation reviews
(docs/decisions/0007-int4-rows.md)."""


def _map_kernels(model: ModelDescription, change: Callable[[Array], Tensor]) -> ModelDescription:
    """The model with ``change`` applied to every kernel."""
    return replace(
        model,
        recurrent=tuple(
            replace(
                layer,
                weights={
                    way: replace(
                        cell,
                        kernel=change(values_of(cell.kernel)),
                        recurrent_kernel=change(values_of(cell.recurrent_kernel)),
                    )
                    for way, cell in layer.weights.items()
                },
            )
            for layer in model.recurrent
        ),
        dense=tuple(replace(dense, kernel=change(values_of(dense.kernel))) for dense in model.dense),
    )


def _to_float16(array: Array) -> Tensor:
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    if not np.isfinite(half).all():
        raise ModelError(f"a weight of {np.abs(array).max():.6g} is too large for float16 (65504); use f32 or wi8")
    return half


def _round_to_float16(model: ModelDescription) -> ModelDescription:
    return replace(_map_kernels(model, _to_float16), embedding=_to_float16(values_of(model.embedding)))


def _quantize_kernels(model: ModelDescription) -> ModelDescription:
    return _map_kernels(model, quantize_columns)


def _quantize_embedding_int8(model: ModelDescription) -> ModelDescription:
    return _worthwhile(model, replace(model, embedding=quantize_rows(values_of(model.embedding), 8)))


def _quantize_embedding_int4(model: ModelDescription) -> ModelDescription:
    table = values_of(model.embedding)
    plain = quantize_rows(table, 4)
    if lies_on_grid(table, plain):
        return _worthwhile(model, replace(model, embedding=plain))
    from drupelet_export.passes.sensitivity import input_sensitivity

    answer = input_sensitivity(model, sample_texts(model))
    gates = sum(
        values_of(cell.kernel).astype(np.float64) @ values_of(cell.kernel).T.astype(np.float64)
        for cell in model.recurrent[0].weights.values()
    )
    weight = answer / max(np.trace(answer), 1e-30) + INPUT_KERNEL_SHARE * gates / max(np.trace(gates), 1e-30)
    return _worthwhile(model, replace(model, embedding=quantize_rows(table, 4, weight)))


def _worthwhile(before: ModelDescription, after: ModelDescription) -> ModelDescription:
    """The model after quantization. Raises ModelError when its weights hardly shrank."""
    floats = sum(values_of(tensor).nbytes for _, tensor in before.tensors())
    stored = sum(stored_bytes(tensor) for _, tensor in after.tensors())
    if stored > WORTHWHILE_SHARE * floats:
        raise ModelError(
            f"the model is too small to quantize usefully: its weights would go from {floats} to {stored} bytes; export f32"
        )
    return after


def _is_float(model: ModelDescription) -> str | None:
    odd = [name for name, tensor in model.tensors() if isinstance(tensor, Quantized) or tensor.dtype != np.float32]
    return f"{odd[0]} is not float32 any more" if odd else None


def _kernels_are_int8(model: ModelDescription) -> str | None:
    odd = [name for name, tensor in model.tensors() if name.endswith("kernel") and not isinstance(tensor, Quantized)]
    return f"{odd[0]} is not int8" if odd else None


def _embedding_has_bits(bits: int) -> Callable[[ModelDescription], str | None]:
    def condition(model: ModelDescription) -> str | None:
        embedding = model.embedding
        good = isinstance(embedding, Quantized) and embedding.bits == bits and embedding.codes is not None
        return None if good else f"the embedding does not have {bits}-bit rows"

    return condition


def _embedding_is_float(model: ModelDescription) -> str | None:
    embedding = model.embedding
    return "the embedding is quantized already" if isinstance(embedding, Quantized) else None


def _everything_is_half(model: ModelDescription) -> str | None:
    odd = [
        name
        for name, tensor in model.tensors()
        if not name.endswith("bias") and (isinstance(tensor, Quantized) or tensor.dtype != np.float16)
    ]
    return f"{odd[0]} is not float16" if odd else None


ROUND_TO_FLOAT16 = Pass("round_to_float16", _round_to_float16, _is_float, _everything_is_half, math.inf)
QUANTIZE_KERNELS = Pass("quantize_kernels", _quantize_kernels, _is_float, _kernels_are_int8, math.inf)
QUANTIZE_EMBEDDING_INT8 = Pass(
    "quantize_embedding_int8", _quantize_embedding_int8, _embedding_is_float, _embedding_has_bits(8), math.inf
)
QUANTIZE_EMBEDDING_INT4 = Pass(
    "quantize_embedding_int4", _quantize_embedding_int4, _embedding_is_float, _embedding_has_bits(4), math.inf
)
