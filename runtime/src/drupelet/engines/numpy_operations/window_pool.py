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
    windows = [steps[max(0, start) : start + operation.size] for start in starts]
    return np.stack([window.max(0) if operation.function == "max" else window.mean(0) for window in windows])
