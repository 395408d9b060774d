"""Looks up the rows of a table, stored as float32, float16, int8 or int4."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.embedding import Embedding


def look_up(operation: Embedding, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (length, dim) float32: the rows of the ids. Only these rows become float32."""
    import numpy as np

    [ids] = inputs
    rows = weights["table"][ids]
    if rows.dtype.kind == "f":
        return rows.astype(np.float32)
    if rows.dtype == np.uint8:  # int4: the first half of a row in the low nibbles, the second half in the high ones
        rows = np.concatenate([rows & 15, rows >> 4], axis=1)[:, : operation.dim].astype(np.float32) - np.float32(8)
    scales = weights["table.scale_table"][weights["table.scale_codes"][ids]]
    product: Array = rows.astype(np.float32) * scales[:, None]
    return product
