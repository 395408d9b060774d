"""Normalizes the features of each step by its own statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.normalization import Normalization


def normalize(operation: Normalization, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps or a vector as the input."""
    import numpy as np

    [x] = inputs
    epsilon = np.float32(operation.epsilon)
    if operation.function == "layer":
        x = x - x.mean(-1, keepdims=True)
    squares = x * x
    if operation.function == "unit":
        norm = np.sqrt(np.maximum(squares.sum(-1, keepdims=True), epsilon))
    else:
        norm = np.sqrt(squares.mean(-1, keepdims=True) + epsilon)
    normal: Array = x / norm * weights["scale"] + weights["shift"]
    return normal
