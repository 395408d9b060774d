"""Puts masked padding back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.restore import Restore


def restore_padding(operation: Restore, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Ids (length,) or steps (length, width)."""
    import numpy as np

    [value] = inputs
    padding = np.zeros((operation.length - len(value), *value.shape[1:]), value.dtype)
    if len(value) and (operation.side, operation.fill) == ("post", "previous"):
        padding[:] = value[-1]
    if len(value) and (operation.side, operation.fill) == ("pre", "next"):
        padding[:] = value[0]
    return np.concatenate([padding, value] if operation.side == "pre" else [value, padding])
