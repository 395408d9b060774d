"""Steps become features, and features become steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.transpose import Transpose


def transpose(operation: Transpose, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (width, length)."""
    return inputs[0].T
