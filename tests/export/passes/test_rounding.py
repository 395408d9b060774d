"""Rounding: errors are within half a scale, matrices on the grid are recovered exactly, GPTQ is never worse than nearest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.quantization import INT4_MAX, INT8_MAX, SCALE_STEPS, SCALE_STEPS_PER_OCTAVE, grid_scale
from drupelet_export.passes.rounding import lies_on_grid, quantize_columns, quantize_rows

HALF = 0.5 + 1e-4
"""Half of a scale, and a margin for the rounding of float32."""
QUICK = settings(max_examples=40, deadline=None)

seeds = st.integers(0, 2**32 - 1)
exponents = st.floats(-12, 12)
shapes = st.tuples(st.integers(1, 20), st.integers(1, 12))


def normal(seed, shape, exponent=0.0):
    return (np.random.default_rng(seed).normal(size=shape) * 2.0**exponent).astype(np.float32)


def positive_definite(seed, columns):
    """A symmetric weight whose directions have very different costs."""
    factor = np.random.default_rng(seed).normal(size=(columns, columns)) * np.logspace(0, 1.5, columns)
    return factor @ factor.T / columns


def costs(quantized, matrix, weight):
    error = quantized.dequantized.astype(np.float64) - matrix
    return np.einsum("ri,ij,rj->r", error, weight, error)


@given(seeds, shapes, exponents)
@QUICK
def test_an_int8_column_is_off_by_half_its_scale_at_most(seed, shape, exponent):
    matrix = normal(seed, shape, exponent)
    quantized = quantize_columns(matrix)
    assert (np.abs(quantized.dequantized - matrix) <= HALF * quantized.scales).all()
    assert (np.abs(quantized.values).max(axis=0) == INT8_MAX).all()
    assert (quantized.axis, quantized.bits, quantized.codes, quantized.table) == (1, 8, None, None)


@given(seeds, shapes, exponents)
@QUICK
def test_an_int8_row_is_off_by_half_its_scale_at_most(seed, shape, exponent):
    matrix = normal(seed, shape, exponent)
    quantized = quantize_rows(matrix, 8)
    assert (np.abs(quantized.dequantized - matrix) <= HALF * quantized.scales[:, None]).all()
    assert np.abs(quantized.values).max() <= INT8_MAX


@given(seeds, shapes, exponents)
@QUICK
def test_an_int4_row_is_off_by_half_its_scale_where_nothing_is_clipped(seed, shape, exponent):
    matrix = normal(seed, shape, exponent)
    quantized = quantize_rows(matrix, 4)
    clipped = np.abs(quantized.values) == INT4_MAX
    error = np.abs(quantized.dequantized - matrix)
    assert (clipped | (error <= HALF * quantized.scales[:, None])).all()
    assert np.abs(quantized.values).max() <= INT4_MAX


@given(seeds, shapes, st.sampled_from([4, 8]))
@QUICK
def test_codes_and_table_give_the_scales(seed, shape, bits):
    quantized = quantize_rows(normal(seed, shape), bits)
    assert (quantized.codes.dtype, quantized.table.dtype) == (np.uint8, np.float32)
    assert quantized.table.shape == (SCALE_STEPS,)
    np.testing.assert_array_equal(quantized.table[quantized.codes], quantized.scales)
    first = round(np.log2(float(quantized.table[0])) * SCALE_STEPS_PER_OCTAVE)
    assert quantized.table.tolist() == [grid_scale(first + step) for step in range(SCALE_STEPS)]


@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(1, INT4_MAX), st.integers(-100, -1)), min_size=1, max_size=20),
    seeds,
    st.sampled_from([4, 8]),
)
@settings(max_examples=120, deadline=None)
def test_a_matrix_on_the_int4_grid_is_recovered_exactly(columns, rows, seed, bits):
    random = np.random.default_rng(seed)
    values = np.array([random.integers(-largest, largest + 1, columns) for largest, _ in rows])
    for row, (largest, _) in zip(values, rows, strict=True):
        row[random.integers(columns)] = largest
    matrix = values.astype(np.float32) * np.array([grid_scale(step) for _, step in rows], np.float32)[:, None]
    quantized = quantize_rows(matrix, bits)
    assert lies_on_grid(matrix, quantized)
    np.testing.assert_array_equal(quantized.dequantized, matrix)


def test_a_matrix_off_the_grid_is_not_on_it():
    matrix = normal(0, (5, 6))
    assert not lies_on_grid(matrix, quantize_rows(matrix, 4))


@given(seeds, shapes, exponents, st.sampled_from([4, 8]))
@QUICK
def test_rounding_twice_equals_rounding_once(seed, shape, exponent, bits):
    once = quantize_rows(normal(seed, shape, exponent), bits)
    twice = quantize_rows(once.dequantized, bits)
    np.testing.assert_array_equal(twice.dequantized, once.dequantized)


@given(seeds, shapes, exponents)
@QUICK
def test_rounding_columns_twice_equals_rounding_once(seed, shape, exponent):
    once = quantize_columns(normal(seed, shape, exponent))
    twice = quantize_columns(once.dequantized)
    np.testing.assert_array_equal(twice.values, once.values)
    np.testing.assert_allclose(twice.scales, once.scales, rtol=2e-7)  # the quotient rounds


@given(seeds, st.integers(2, 10))
@QUICK
def test_with_a_weight_no_row_costs_more_than_rounding_to_the_nearest(seed, columns):
    matrix, weight = normal(seed, (12, columns)), positive_definite(seed, columns)
    plain, clever = quantize_rows(matrix, 4), quantize_rows(matrix, 4, weight)
    assert (costs(clever, matrix, weight) <= costs(plain, matrix, weight) * (1 + 1e-6)).all()


def test_with_a_weight_rows_cost_clearly_less_on_average():
    matrix, weight = normal(1, (200, 16)), positive_definite(1, 16)
    plain, clever = quantize_rows(matrix, 4), quantize_rows(matrix, 4, weight)
    assert costs(clever, matrix, weight).sum() < 0.5 * costs(plain, matrix, weight).sum()


def test_a_singular_weight_is_allowed():
    matrix = normal(2, (10, 6))
    weight = np.zeros((6, 6))
    weight[0, 0] = 1
    quantized = quantize_rows(matrix, 4, weight)
    assert np.abs(quantized.dequantized - matrix).max() < np.abs(matrix).max()


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("weight", [None, np.eye(3)], ids=["nearest", "weighted"])
def test_a_row_of_zeros_stays_zero(bits, weight):
    matrix = normal(3, (4, 3))
    matrix[2] = 0
    quantized = quantize_rows(matrix, bits, weight)
    assert not quantized.values[2].any()
    assert quantized.values[[0, 1, 3]].any(axis=1).all()


@pytest.mark.parametrize("bits", [4, 8])
def test_a_matrix_of_zeros(bits):
    quantized = quantize_rows(np.zeros((3, 2), np.float32), bits)
    assert not quantized.dequantized.any()
    assert np.isfinite(quantized.table).all()


def test_a_column_of_zeros_stays_zero_with_the_scale_one():
    quantized = quantize_columns(np.array([[0, 3], [0, -6]], np.float32))
    assert quantized.scales.tolist() == [1, np.float32(6 / 127)]
    assert quantized.dequantized[:, 0].tolist() == [0, 0]


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("exponent", [-100, -30, -10, 10, 30, 100])
def test_a_matrix_times_a_power_of_two_is_rounded_to_the_same_integers(bits, exponent):
    matrix = normal(6, (8, 5))
    once, other = quantize_rows(matrix, bits), quantize_rows(np.ldexp(matrix, exponent), bits)
    np.testing.assert_array_equal(other.values, once.values)
    np.testing.assert_array_equal(other.scales, np.ldexp(once.scales, exponent))


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("exponents", [range(-40, 1), range(60), (-126, 100)], ids=str)
def test_rows_that_span_more_than_sixteen_octaves(bits, exponents):
    matrix = np.stack([normal(4, (6,), exponent) for exponent in exponents])
    quantized = quantize_rows(matrix, bits)
    error = np.abs(quantized.dequantized - matrix).max(axis=1)
    largest = np.abs(matrix).max(axis=1)
    within = largest > largest.max() / 2**14  # the error of a smaller row is small compared with the other rows
    assert (error[within] <= largest[within] / (7 if bits == 4 else 100)).all()
    assert (error <= np.maximum(largest, quantized.table[0])).all()


@pytest.mark.parametrize("bits", [4, 8])
def test_a_row_of_zeros_does_not_move_the_window_of_scales(bits):
    matrix = normal(5, (3, 8), -30)
    with_zeros = np.concatenate([matrix, np.zeros((1, 8), np.float32)])
    np.testing.assert_array_equal(
        quantize_rows(with_zeros, bits).dequantized[:3], quantize_rows(matrix, bits).dequantized
    )
    assert quantize_rows(with_zeros, bits).values[:3].any(axis=1).all()
