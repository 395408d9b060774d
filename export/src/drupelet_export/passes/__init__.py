"""The default pipeline: every pass, in the order in which they run. ``docs/adding_a_pass.md`` says how to write one."""

from __future__ import annotations

from drupelet_export.passes.eliminate_mask import ELIMINATE_MASK
from drupelet_export.passes.pipeline import Pass, run_passes
from drupelet_export.passes.sort_vocabulary import SORT_VOCABULARY

PIPELINE: tuple[Pass, ...] = (SORT_VOCABULARY, ELIMINATE_MASK)

__all__ = ["PIPELINE", "Pass", "run_passes"]
