"""Each feature times its factor plus its offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.scale_shift import ScaleShift


def scale_and_shift(operation: ScaleShift, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps or a vector as the input."""
    scaled: Array = inputs[0] * weights["scale"] + weights["shift"]
    return scaled
