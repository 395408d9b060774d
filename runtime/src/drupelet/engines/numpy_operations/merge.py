"""Joins values: concatenated, or number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.merge import Merge


def merge(operation: Merge, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps or a vector. Number by number, a vector meets every step, and a width of 1 meets every feature."""
    import numpy as np

    if operation.function in ("concat", "concat_steps"):
        return np.concatenate(inputs, axis=-1 if operation.function == "concat" else 0)
    joins = {
        "add": np.add,
        "average": np.add,
        "subtract": np.subtract,
        "multiply": np.multiply,
        "maximum": np.maximum,
        "minimum": np.minimum,
    }
    joined: Array = inputs[0]
    for value in inputs[1:]:
        joined = joins[operation.function](joined, value)
    return joined / np.float32(len(inputs)) if operation.function == "average" else joined
