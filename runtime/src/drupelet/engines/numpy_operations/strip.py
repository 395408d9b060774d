"""Leaves masked padding out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.strip import Strip


def strip_padding(operation: Strip, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (tokens, width)."""
    [steps] = inputs
    return steps[len(steps) - tokens :] if operation.side == "pre" else steps[:tokens]
