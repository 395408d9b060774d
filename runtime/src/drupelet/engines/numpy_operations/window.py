"""A part of the steps, or steps of zeros around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.window import Window


def take_window(operation: Window, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Fewer or more steps."""
    import numpy as np

    [steps] = inputs
    kept = steps[operation.drop_first : len(steps) - operation.drop_last]
    return np.pad(kept, ((operation.zeros_first, operation.zeros_last), (0, 0)))
