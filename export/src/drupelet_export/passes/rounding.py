"""Rounds matrices to small integers times scales, so that the output of the network changes least.

The scales of rows are on the grid of :mod:`drupelet.quantization`. One byte can name such a scale, and a matrix that training
has put on the grid is recovered exactly.

Training has its own code to round rows to the same grid (docs/decisions/0015-two-roundings.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drupelet.quantization import INT4_MAX, INT8_MAX, SCALE_STEPS, SCALE_STEPS_PER_OCTAVE, grid_scale
from drupelet_export.model.quantized import Array, Quantized

Matrix = NDArray[np.float64]

INT8_SCALES = 17
"""Number of scales tried for an int8 row: an octave, from the smallest scale that holds the row without clipping. The first
one is almost always the best, unless the row is on the grid with a larger scale."""
INT4_SCALES = range(4, -16, -1)
"""Grid steps tried for an int4 row whose errors are passed on, counted from the smallest scale that holds the row: from a
fifth above that scale to half of it. Clipping one large value often reduces the error."""
INT4_PLAIN_SCALES = range(13, -16, -1)
"""Grid steps tried for an int4 row that is rounded to the nearest, which takes little time. A row on the grid with 4 as its
largest magnitude has a scale 16 log2(7 / 4) = 12.9 steps above the smallest that holds it."""
RIDGE = 1e-4
"""Share of the mean sensitivity that is added to every direction. Without it, rounding would push unlimited errors into
directions that no sampled text reaches."""


def quantize_columns(matrix: Array, limit: int = INT8_MAX) -> Quantized:
    """The matrix as int8 with one float32 scale per column (output channel).

    The largest magnitude of a column becomes ``limit``. A column of zeros gets the scale 1 and stays zero.
    """
    largest = np.abs(matrix).max(axis=0)
    scales = np.where(largest > 0, largest / limit, 1).astype(np.float32)
    values = np.clip(np.rint(matrix / scales), -limit, limit).astype(np.int8)
    return Quantized(values, scales, axis=1, bits=8)


def quantize_rows(matrix: Array, bits: int, weight: Matrix | None = None) -> Quantized:
    """The matrix as integers of 8 or 4 bits with one grid scale per row.

    ``weight`` (columns, columns), symmetric: an error d of a row costs d' weight d. Rounding passes the error of one value on
    to the values that are still to be rounded (Frantar et al. 2022, "GPTQ", arXiv:2210.17323, without its blocks).
    None: every value is rounded to the nearest. A row of zeros stays zero.
    """
    limit = INT8_MAX if bits == 8 else INT4_MAX
    exact = matrix.astype(np.float64)
    holding = _holding_steps(exact, limit)
    rows = np.flatnonzero(np.abs(exact).max(axis=1) > 0)
    top = (int(holding[rows].max()) if len(rows) else 0) + INT8_SCALES
    tried = range(INT8_SCALES) if bits == 8 else INT4_PLAIN_SCALES
    best = np.full(len(exact), np.inf)
    steps = holding.copy()
    values = np.zeros(exact.shape, np.int8)
    for offset in tried:
        candidate = np.clip(holding[rows] + offset, top - SCALE_STEPS + 1, top)
        scales = _scales(candidate)
        # Passing errors on is worse than rounding to the nearest for some rows, so both are tried.
        ways = [_nearest(exact[rows], scales, limit)]
        if weight is not None and offset in INT4_SCALES:
            ways.append(_compensated(exact[rows], scales, limit, weight))
        for rounded in ways:
            error = rounded * scales[:, None].astype(np.float64) - exact[rows]
            cost = np.square(error).sum(axis=1) if weight is None else ((error @ weight) * error).sum(axis=1)
            better = cost < best[rows]
            chosen = rows[better]
            best[chosen], steps[chosen], values[chosen] = cost[better], candidate[better], rounded[better]
        rows = rows[best[rows] > 0]
    steps = np.clip(steps, top - SCALE_STEPS + 1, top)
    table = _scales(np.arange(top - SCALE_STEPS + 1, top + 1))
    codes = (steps - (top - SCALE_STEPS + 1)).astype(np.uint8)
    return Quantized(values, table[codes], axis=0, bits=bits, codes=codes, table=table)


def lies_on_grid(matrix: Array, quantized: Quantized) -> bool:
    """True when the integers and scales give the matrix back, bit for bit."""
    return bool(np.array_equal(quantized.dequantized, matrix))


def _holding_steps(matrix: Matrix, limit: int) -> NDArray[np.int64]:
    """The smallest grid step for each row whose scale holds the row without clipping."""
    largest = np.abs(matrix).max(axis=1)
    exponent = np.log2(np.where(largest > 0, largest, 1) / limit) * SCALE_STEPS_PER_OCTAVE
    # Less 1e-4, because float rounding must not move a row that is on the grid to the next step.
    return np.ceil(exponent - 1e-4).astype(np.int64)


def _scales(steps: NDArray[np.int64]) -> Array:
    known = {int(step): grid_scale(int(step)) for step in np.unique(steps)}
    return np.array([known[int(step)] for step in steps], np.float32)


def _nearest(matrix: Matrix, scales: Array, limit: int) -> Matrix:
    """The integers of each row as float64, every value rounded to the nearest. ``scales`` has one scale per row."""
    return np.clip(np.rint(matrix / scales.astype(np.float64)[:, None]), -limit, limit)


def _compensated(matrix: Matrix, scales: Array, limit: int, weight: Matrix) -> Matrix:
    """The integers of each row as float64, the error of each value passed on to the values that are still to be rounded."""
    scales64 = scales.astype(np.float64)
    order = np.argsort(-np.diag(weight), kind="stable")
    ordered = weight[np.ix_(order, order)] + RIDGE * np.trace(weight) / len(weight) * np.eye(len(weight))
    # Row i of this factor says how the values after value i best compensate an error in it.
    factor = np.linalg.cholesky(np.linalg.inv(ordered)).T
    left = matrix[:, order].copy()
    rounded = np.empty_like(left)
    for column in range(len(weight)):
        rounded[:, column] = np.clip(np.rint(left[:, column] / scales64), -limit, limit)
        error = (left[:, column] - rounded[:, column] * scales64) / factor[column, column]
        left[:, column + 1 :] -= error[:, None] * factor[column, None, column + 1 :]
    result = np.empty_like(rounded)
    result[:, order] = rounded
    return result
