"""One vector from all steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.reduce import Reduce


def reduce_steps(operation: Reduce, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """A vector (width,). Of no step, the average is 0 / 0 and all others are zeros."""
    import numpy as np

    [steps] = inputs
    if operation.function == "average":
        average: Array = steps.sum(axis=0) / np.float32(len(steps))
        return average
    if len(steps) == 0 or (operation.zero_below is not None and len(steps) < operation.zero_below):
        steps = np.concatenate([steps, np.zeros((1, steps.shape[1]), np.float32)])
    functions = {
        "max": lambda: steps.max(axis=0),
        "min": lambda: steps.min(axis=0),
        "sum": lambda: steps.sum(axis=0),
        "first": lambda: steps[0],
        "last": lambda: steps[-1],
    }
    reduced: Array = functions[operation.function]()
    return reduced
