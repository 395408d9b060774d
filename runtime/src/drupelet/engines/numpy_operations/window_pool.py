"""The maximum or average over windows of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.window_pool import WindowPool


def pool_windows(operation: WindowPool, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (output length, width)."""
    import numpy as np

    [steps] = inputs
    starts = range(-operation.left, len(steps) + operation.right - operation.size + 1, operation.stride)
    pooled = np.empty((len(starts), steps.shape[1]), np.float32)
    for place, start in enumerate(starts):
        window = steps[max(0, start) : start + operation.size]
        pooled[place] = window.max(0) if operation.function == "max" else window.mean(0)
    return pooled
