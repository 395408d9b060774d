"""Rows of a table in each of its forms."""

import pytest

from drupelet.engines.numpy_operations.embedding import look_up
from drupelet.operations.embedding import Embedding

SCALES = {"table.scale_codes": [0, 1, 255], "table.scale_table": [0.5, 2.0] + [0.0] * 253 + [4.0]}


@pytest.mark.parametrize(
    ("dtype", "table", "expected"),
    [
        ("f4", [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[7, 8, 9], [1, 2, 3]]),
        ("f2", [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[7, 8, 9], [1, 2, 3]]),
        ("i1", [[1, 2, 3], [4, 5, 6], [7, 8, -9]], [[28, 32, -36], [0.5, 1, 1.5]]),
        ("u1", [[0xA9, 0x8B], [0, 0], [0xF0, 0x8F]], [[-32, 28, 28], [0.5, 1.5, 1]]),
    ],
    ids=["float32", "float16", "int8", "int4"],
)
def test_rows_are_looked_up(numpy, dtype, table, expected):
    weights = {
        "table": numpy.array(table, dtype),
        "table.scale_codes": numpy.array(SCALES["table.scale_codes"], numpy.uint8),
        "table.scale_table": numpy.array(SCALES["table.scale_table"], numpy.float32),
    }
    found = look_up(Embedding(3, 3), [numpy.array([2, 0], numpy.int32)], weights, 2)
    assert (found.dtype, found.tolist()) == (numpy.float32, expected)
    assert look_up(Embedding(3, 3), [numpy.array([], numpy.int32)], weights, 0).shape == (0, 3)
