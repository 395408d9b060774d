"""The product of two values, summed over one axis of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.dot import Dot


LEAST_SQUARE = 1e-12
"""Sums of squares below this count as this when values are divided by their norm, as in Keras."""


def multiply_values(operation: Dot, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """What is left of the axes of both: steps, a vector, or a vector of one number."""
    import numpy as np

    # The axis that is summed over last.
    a, b = (x.T if axis == "steps" else x for x, axis in zip(inputs, (operation.a_axis, operation.b_axis)))
    if operation.normalize:
        a, b = (x / np.sqrt(np.maximum((x * x).sum(-1, keepdims=True), np.float32(LEAST_SQUARE))) for x in (a, b))
    return np.atleast_1d(a @ b.T)
