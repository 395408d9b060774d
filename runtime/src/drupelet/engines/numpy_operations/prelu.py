"""PReLU: a slope of its own for each feature, or for each number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.prelu import PRelu


def activate_with_slopes(operation: PRelu, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps or a vector as the input."""
    import numpy as np

    [x] = inputs
    return np.where(x > 0, x, weights["slope"] * x)
