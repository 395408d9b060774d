"""Tensors as they are stored: float32, float16, or small integers with scales."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Quantized:
    """A matrix as integers times scales: ``values[i, j] * scales[i]`` (axis 0) or ``values[i, j] * scales[j]`` (axis 1).

    ``values`` (rows, columns) int8, of ``bits`` 8 (-127 to 127) or 4 (-8 to 7). ``scales`` float32, (rows,) or (columns,).
    ``codes`` and ``table``: where there are few different scales, ``scales == table[codes]`` with ``codes`` uint8 and
    ``table`` (256,) float32; None where each scale is stored.
    """

    values: NDArray[np.int8]
    scales: Array
    axis: int
    bits: int
    codes: NDArray[np.uint8] | None = None
    table: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the matrix."""
        return self.values.shape

    @property
    def size_bytes(self) -> int:
        """Bytes of integers and scales, as a model file stores them."""
        packed = self.values.size if self.bits == 8 else self.shape[0] * -(-self.shape[1] // 2)
        scales = (
            self.scales.nbytes if self.codes is None or self.table is None else self.codes.nbytes + self.table.nbytes
        )
        return int(packed + scales)

    @cached_property
    def dequantized(self) -> Array:
        """(rows, columns) float32: the product, rounded once."""
        scales = self.scales[:, None] if self.axis == 0 else self.scales[None, :]
        product: Array = self.values.astype(np.float32) * scales
        product.flags.writeable = False
        return product

    def taken(self, rows: NDArray[np.int64]) -> Quantized:
        """The matrix with only these rows, in this order. For a matrix with one scale for each row (axis 0)."""
        codes = None if self.codes is None else self.codes[rows]
        return Quantized(self.values[rows], self.scales[rows], self.axis, self.bits, codes, self.table)


Tensor = Array | NDArray[np.float16] | Quantized
"""A tensor of a model description: float32 as it was read, or as a pass has rounded it."""


def values_of(tensor: Tensor) -> Array:
    """The values that a tensor stands for, float32."""
    if isinstance(tensor, Quantized):
        return tensor.dequantized
    return tensor.astype(np.float32, copy=False)


def stored_bytes(tensor: Tensor) -> int:
    """The bytes that a model file needs for a tensor."""
    return tensor.size_bytes if isinstance(tensor, Quantized) else int(tensor.nbytes)


def kind_of(tensor: Tensor) -> str:
    """The name of the numbers that a tensor is stored as: float32, float16, int8 or int4."""
    return f"int{tensor.bits}" if isinstance(tensor, Quantized) else str(tensor.dtype)


def packed_nibbles(values: NDArray[np.int8]) -> NDArray[np.uint8]:
    """int4 rows with two values in each byte, (rows, ceil(columns / 2)) uint8.

    A nibble is the value + 8. The first half of a row is in the low nibbles, the second half in the high ones. With an odd
    number of columns, the last high nibble is 8, which stands for 0.
    """
    columns = values.shape[1]
    half = -(-columns // 2)
    shifted = (values.astype(np.int16) + 8).astype(np.uint8)
    high = np.full((len(values), half), 8, np.uint8)
    high[:, : columns - half] = shifted[:, half:]
    return np.asarray(shifted[:, :half] | high << 4, np.uint8)
