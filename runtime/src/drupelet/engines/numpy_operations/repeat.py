"""Each step several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.repeat import Repeat


def repeat_steps(operation: Repeat, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (length * times, width)."""
    import numpy as np

    return np.repeat(np.atleast_2d(inputs[0]), operation.times, axis=0)
