"""Rounds embedding rows to the grid of integer weights, with as little change as possible to the input of the next layer.

before: row = (0.81, -0.3, ...)    float32
after:  row = scale * (7, -3, ...)  whole numbers of 4 or 8 bits, scale = 2 ** (step / 16), a step per row

An ``error`` in a row changes the input of the first recurrent layer's gates by ``error @ kernel``; the sum of its squares is
kept small. A row is rounded dimension by dimension, and the dimensions that are not yet rounded make up for the error so far.
That is GPTQ (Frantar, Ashkboos, Hoefler, Alistarh: *GPTQ: Accurate Post-Training Quantization for Generative Pre-trained
Transformers*, 2022, arXiv:2210.17323) with ``kernel @ kernel.T`` as its matrix H. GPTQ knows the inputs and rounds the weights;
here the weights are known and the inputs are rounded.

The export rounds rows of models that were not trained this way by code of its own (docs/decisions/0015-two-roundings.md).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drupelet.quantization import SCALE_STEPS, SCALE_STEPS_PER_OCTAVE, grid_scale

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

TRIED_STEPS = range(-SCALE_STEPS_PER_OCTAVE, 3)
"""Scales tried for a row, in steps from the smallest scale that clips nothing: from half of it to 1.09 times. A smaller scale
clips the largest dimensions and rounds the others less. Between a third and a half, no row of the reference got closer."""

RIDGE = 0.01
"""Share of the mean of H's diagonal that is added to the diagonal, so that H can be inverted (GPTQ's own value). Values from
1e-4 to 0.01 round equally well; another value would change the bits of every model that is trained again."""

ROWS_AT_ONCE = 1024
"""Rows rounded at a time. With 50 dimensions they fit into the second-level cache of a CPU."""


def put_on_grid(rows: Float32, kernel: Float32, largest: int) -> Float32:
    """(tokens, dim) float32: ``rows`` with every row a scale of the grid times whole numbers in -largest..largest.

    ``rows``: (tokens, dim) float32, finite; ``kernel``: (dim, gates) float32, by which rows are multiplied. The values
    are float32(whole number) * float32(scale), exactly. All steps lie within ``SCALE_STEPS`` of each other: a row more
    than 15 octaves below the largest is rounded at the smallest scale of the window. A row of zeros stays zero. The
    result follows from the arguments alone.
    """
    peaks = np.abs(rows).max(axis=1).astype(np.float64)
    alive = np.flatnonzero(peaks)
    on_grid = np.zeros_like(rows)
    if len(alive) == 0:
        return on_grid
    uncut = np.ceil(SCALE_STEPS_PER_OCTAVE * np.log2(peaks[alive] / largest)).astype(np.int64)
    lowest = int(uncut.max()) + TRIED_STEPS[-1] - (SCALE_STEPS - 1)
    kernel64 = kernel.astype(np.float64)
    for start in range(0, len(alive), ROWS_AT_ONCE):
        chosen = alive[start : start + ROWS_AT_ONCE]
        steps = uncut[start : start + ROWS_AT_ONCE]
        on_grid[chosen] = _closest(rows[chosen], kernel64, largest, steps, lowest)
    return on_grid


def _closest(rows: Float32, kernel: Float64, largest: int, uncut: npt.NDArray[np.int64], lowest: int) -> Float32:
    """The rows on the grid, each at the scale among those tried that changes ``rows @ kernel`` least."""
    order, feedback = _feedback(kernel)
    weights = rows.T[order].astype(np.float64)  # (dim, rows): a dimension is contiguous
    ordered_kernel = np.ascontiguousarray(kernel[order].T)  # (gates, dim)
    closest = np.zeros_like(weights)
    closest_scales = np.zeros(len(rows))
    least = np.full(len(rows), np.inf)
    for offset in TRIED_STEPS:
        scales = np.array([grid_scale(int(step)) for step in np.maximum(uncut + offset, lowest)])
        whole = _round_with_feedback(weights, scales, feedback, largest)
        error = np.square(ordered_kernel @ (whole * scales - weights)).sum(axis=0)
        better = error < least
        closest[:, better], closest_scales[better], least[better] = whole[:, better], scales[better], error[better]
    on_grid = np.empty_like(rows)
    on_grid[:, order] = (closest.astype(np.float32) * closest_scales.astype(np.float32)).T
    return on_grid


def _feedback(kernel: Float64) -> tuple[npt.NDArray[np.int64], Float64]:
    """The order in which dimensions are rounded, the most important first, and a (dim, dim) float64 matrix in that order.

    The matrix is U, upper triangular with U^T U the inverse of H, each row divided by its diagonal element. Row i has the
    shares of an error in dimension i that are subtracted from the dimensions after it.
    """
    hessian = kernel @ kernel.T
    diagonal = np.diag(hessian)
    order = np.argsort(-diagonal, kind="stable")
    damped = hessian[np.ix_(order, order)] + np.eye(len(hessian)) * (RIDGE * diagonal.mean())
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    return order, upper / np.diag(upper)[:, None]


def _round_with_feedback(weights: Float64, scales: Float64, feedback: Float64, largest: int) -> Float64:
    """(dim, rows) float64 whole numbers in -largest..largest for ``weights`` (dim, rows) at ``scales`` (rows,)."""
    left = weights / scales
    whole = np.empty_like(left)
    for i, row in enumerate(left):
        # Adding 0.0 makes a negative zero a positive one.
        whole[i] = np.clip(np.rint(row), -largest, largest) + 0.0
        left[i + 1 :] -= feedback[i, i + 1 :, None] * (row - whole[i])
    return whole
