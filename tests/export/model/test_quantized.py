"""Quantized tensors: their stored form and their values."""

import numpy as np
import pytest

from drupelet_export.model.description import frozen
from drupelet_export.model.quantized import Quantized, kind_of, packed_nibbles, stored_bytes, values_of

VALUES = np.array([[-7, 0, 7], [1, -8, 3]], np.int8)
BY_ROW = Quantized(VALUES, np.array([0.5, 2], np.float32), axis=0, bits=4)
BY_COLUMN = Quantized(VALUES, np.array([1, 10, 0.5], np.float32), axis=1, bits=8)
TABLE = np.zeros(256, np.float32)
TABLE[[3, 9]] = 0.5, 2
CODED = Quantized(VALUES, TABLE[[3, 9]], 0, 8, np.array([3, 9], np.uint8), TABLE)


def test_one_scale_per_row():
    assert BY_ROW.dequantized.tolist() == [[-3.5, 0, 3.5], [2, -16, 6]]


def test_one_scale_per_column():
    assert BY_COLUMN.dequantized.tolist() == [[-7, 0, 3.5], [1, -80, 1.5]]


def test_dequantized_values_are_float32_and_read_only():
    assert BY_ROW.dequantized.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        BY_ROW.dequantized[0, 0] = 1


@pytest.mark.parametrize(
    ("values", "packed"),
    [
        ([[-8, -7, 0, 7]], [[0x80, 0xF1]]),
        ([[1, 2, 3, 4], [-1, -2, -3, -4]], [[0xB9, 0xCA], [0x57, 0x46]]),
        ([[-7, 0, 7]], [[0xF1, 0x88]]),
        ([[5], [-8]], [[0x8D], [0x80]]),
    ],
    ids=["even", "two rows", "odd", "one column"],
)
def test_packed_nibbles(values, packed):
    result = packed_nibbles(np.array(values, np.int8))
    assert result.dtype == np.uint8
    assert result.tolist() == packed


@pytest.mark.parametrize("columns", [1, 2, 5, 8])
def test_packed_nibbles_are_read_back_as_the_numpy_engine_does(columns):
    values = np.random.default_rng(0).integers(-8, 8, (4, columns)).astype(np.int8)
    packed = packed_nibbles(values)
    read = np.concatenate([packed & 15, packed >> 4], axis=1)[:, :columns].astype(np.int8) - 8
    np.testing.assert_array_equal(read, values)


@pytest.mark.parametrize(
    ("tensor", "size"),
    [
        (frozen([[1, 2, 3]]), 12),
        (np.zeros((2, 3), np.float16), 12),
        (BY_COLUMN, 6 + 3 * 4),
        (BY_ROW, 2 * 2 + 2 * 4),
        (CODED, 6 + 2 + 1024),
    ],
    ids=["float32", "float16", "int8", "int4", "codes"],
)
def test_stored_bytes(tensor, size):
    assert stored_bytes(tensor) == size


def test_kinds():
    tensors = (frozen([1]), np.zeros(1, np.float16), BY_COLUMN, BY_ROW)
    assert [kind_of(tensor) for tensor in tensors] == ["float32", "float16", "int8", "int4"]


def test_values_are_float32_and_a_float32_array_is_not_copied():
    array = frozen([1, 2])
    assert values_of(array) is array
    half = values_of(np.array([0.1], np.float16))
    assert (half.dtype, half[0]) == (np.float32, np.float32(np.float16(0.1)))
    assert values_of(BY_ROW) is BY_ROW.dequantized


@pytest.mark.parametrize("quantized", [BY_ROW, CODED], ids=["scales", "codes"])
def test_taken_rows_keep_their_scales(quantized):
    taken = quantized.taken(np.array([1, 1, 0]))
    np.testing.assert_array_equal(taken.dequantized, quantized.dequantized[[1, 1, 0]])
    assert taken.shape == (3, 3)
    assert (taken.codes is None) == (quantized.codes is None)
    if taken.codes is not None:
        np.testing.assert_array_equal(taken.table[taken.codes], taken.scales)
