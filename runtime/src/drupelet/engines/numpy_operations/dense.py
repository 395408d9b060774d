"""A matrix product and a bias."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.dense import Dense


def multiply(operation: Dense, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """A vector (units,), or steps (length, units)."""
    product: Array = inputs[0] @ weights["kernel"] + weights["bias"]
    return product
