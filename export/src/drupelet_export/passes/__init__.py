"""The pipelines: every pass, in the order of execution. ``docs/adding_a_pass.md`` explains how to write one."""

from __future__ import annotations

from collections.abc import Mapping

from drupelet.quantization import INT8_MAX
from drupelet_export.passes.exact_length import EXACT_LENGTH
from drupelet_export.passes.fold import FOLD
from drupelet_export.passes.pipeline import Pass, run_passes
from drupelet_export.passes.quantize import (
    QUANTIZE_EMBEDDING_INT4,
    QUANTIZE_EMBEDDING_INT8,
    QUANTIZE_KERNELS,
    QUANTIZE_KERNELS_SMALL,
    ROUND_TO_FLOAT16,
)

PIPELINE: tuple[Pass, ...] = (EXACT_LENGTH, FOLD)
"""The passes that every scheme starts with."""

SCHEME_PASSES: Mapping[str, tuple[Pass, ...]] = {
    "f32": (),
    "f16": (ROUND_TO_FLOAT16,),
    "wi8": (QUANTIZE_KERNELS, QUANTIZE_EMBEDDING_INT8),
    "wi4": (QUANTIZE_KERNELS, QUANTIZE_EMBEDDING_INT4),
}
"""The passes of each scheme, which run after PIPELINE."""


def scheme_passes(scheme: str, weight_range: int = INT8_MAX) -> tuple[Pass, ...]:
    """The passes of a scheme, with int8 weights of recurrent layers within ``weight_range``: 127 or 63."""
    passes = SCHEME_PASSES[scheme]
    if weight_range == INT8_MAX:
        return passes
    return tuple(QUANTIZE_KERNELS_SMALL if one_pass is QUANTIZE_KERNELS else one_pass for one_pass in passes)


__all__ = ["PIPELINE", "SCHEME_PASSES", "Pass", "run_passes", "scheme_passes"]
