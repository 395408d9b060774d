"""The pipelines: every pass, in the order of execution. ``docs/adding_a_pass.md`` explains how to write one."""

from __future__ import annotations

from collections.abc import Mapping

from drupelet_export.passes.exact_length import EXACT_LENGTH
from drupelet_export.passes.fold import FOLD
from drupelet_export.passes.pipeline import Pass, run_passes
from drupelet_export.passes.quantize import (
    QUANTIZE_EMBEDDING_INT4,
    QUANTIZE_EMBEDDING_INT8,
    QUANTIZE_KERNELS,
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

__all__ = ["PIPELINE", "SCHEME_PASSES", "Pass", "run_passes"]
