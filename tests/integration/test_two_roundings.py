"""Training and export each have their own code to round embedding rows (docs/decisions/0015-two-roundings.md).

Two things must hold. The export recovers a row exactly when training has put it on the grid. For the same weight, both leave
the same error, apart from a percent or two.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from drupelet.quantization import INT4_MAX, INT8_MAX
from drupelet_export.passes.rounding import lies_on_grid, quantize_rows
from drupelet_train.network.embedding_grid import put_on_grid

LARGEST = {4: INT4_MAX, 8: INT8_MAX}
LARGEST_DISAGREEMENT = 0.02
"""Share of the remaining error by which the two may differ, because ridge and search differ. The difference is 0.012 here."""

Float32 = npt.NDArray[np.float32]


def rows_and_kernel(tokens: int = 600, dim: int = 24, gates: int = 64) -> tuple[Float32, Float32]:
    """Rows of very different length, and a kernel whose directions have very different weights."""
    generator = np.random.default_rng(15)
    rows = generator.normal(size=(tokens, dim)) * np.exp(generator.normal(size=(tokens, 1)))
    mixing = generator.normal(size=(dim, dim)) * np.linspace(0.1, 2.0, dim)
    return rows.astype(np.float32), (mixing @ generator.normal(size=(dim, gates))).astype(np.float32)


@pytest.mark.parametrize("bits", [4, 8])
def test_the_export_recovers_the_rows_of_training_exactly(bits: int) -> None:
    rows, kernel = rows_and_kernel()
    on_grid = put_on_grid(rows, kernel, LARGEST[bits])
    assert not np.array_equal(on_grid, rows)
    assert lies_on_grid(on_grid, quantize_rows(on_grid, bits))


def test_for_the_same_weight_both_leave_the_same_error() -> None:
    rows, kernel = rows_and_kernel()
    kernel64 = kernel.astype(np.float64)
    on_grid = put_on_grid(rows, kernel, INT4_MAX)
    exported = quantize_rows(rows, 4, kernel64 @ kernel64.T).dequantized
    trained, compiled = (np.sqrt(np.mean(((found - rows) @ kernel64) ** 2)) for found in (on_grid, exported))
    plain = np.sqrt(np.mean(((quantize_rows(rows, 4).dequantized - rows) @ kernel64) ** 2))
    assert trained == pytest.approx(compiled, rel=LARGEST_DISAGREEMENT)
    assert max(trained, compiled) < 0.7 * plain
