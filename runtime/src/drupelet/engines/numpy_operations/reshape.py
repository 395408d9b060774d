"""The same numbers in another form."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.reshape import Reshape


def reshape(operation: Reshape, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (length, width), or a vector (width,)."""
    shape = (operation.width,) if operation.length is None else (operation.length, operation.width)
    return inputs[0].reshape(shape)
