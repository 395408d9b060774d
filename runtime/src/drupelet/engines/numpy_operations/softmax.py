"""A softmax over features or over steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.softmax import Softmax


def softmax(operation: Softmax, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps or a vector as the input."""
    import numpy as np

    [x] = inputs
    axis = -1 if operation.axis == "features" else 0
    x = x - x.max(axis, keepdims=True, initial=-np.inf)  # there may be no step
    powers = np.exp(x)
    total = powers.sum(axis, keepdims=True)
    found: Array = x - np.log(total) if operation.function == "log_softmax" else powers / total
    return found
