import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.quantization import INT4_MAX, INT8_MAX, SCALE_STEPS, grid_scale
from drupelet_train.network import embedding_grid
from drupelet_train.network.embedding_grid import put_on_grid


def steps_of(row, largest):
    """The steps, ascending, at which ``row`` is whole numbers in -largest..largest times the scale, exactly in float32.

    There are several when all its whole numbers are even.
    """
    uncut = int(np.ceil(16 * np.log2(float(np.abs(row).max()) / largest)))
    steps = []
    for step in range(uncut - 1, uncut + 16 * 7):
        scale = np.float32(grid_scale(step))
        whole = np.rint(row / scale)
        if np.array_equal(whole * scale, row) and np.abs(whole).max() <= largest:
            steps.append(step)
    return steps


def example(tokens=300, dim=12, gates=32, seed=5):
    generator = np.random.default_rng(seed)
    rows = (generator.normal(size=(tokens, dim)) * np.exp(generator.normal(size=(tokens, 1)))).astype(np.float32)
    mixing = generator.normal(size=(dim, dim)) * np.linspace(0.1, 2.0, dim)
    return rows, (mixing @ generator.normal(size=(dim, gates))).astype(np.float32)


def changed(rows, on_grid, kernel):
    return np.sqrt(np.mean(((on_grid - rows).astype(np.float64) @ kernel) ** 2))


def nearest(rows, largest):
    scales = np.abs(rows).max(axis=1, keepdims=True) / largest
    return np.rint(rows / scales) * scales


@pytest.mark.parametrize("largest", [INT4_MAX, INT8_MAX])
def test_every_row_is_whole_numbers_times_a_scale_of_the_grid(largest):
    rows, kernel = example()
    on_grid = put_on_grid(rows, kernel, largest)
    assert on_grid.dtype == np.float32
    assert on_grid.shape == rows.shape
    assert all(steps_of(row, largest) for row in on_grid)
    assert not np.signbit(on_grid[on_grid == 0]).any()


@pytest.mark.parametrize("largest", [INT4_MAX, INT8_MAX])
def test_the_layer_behind_notices_less_than_half_of_what_plain_rounding_does(largest):
    rows, kernel = example()
    on_grid = put_on_grid(rows, kernel, largest)
    assert changed(rows, on_grid, kernel) < 0.5 * changed(rows, nearest(rows, largest), kernel)


def test_without_anything_to_make_up_for_it_rounds_to_the_nearest():
    rows, _ = example()
    on_grid = put_on_grid(rows, np.eye(rows.shape[1], dtype=np.float32), INT4_MAX)
    for row, rounded in zip(rows[:50], on_grid[:50], strict=True):
        scale = np.float32(grid_scale(steps_of(rounded, INT4_MAX)[0]))
        whole = np.clip(np.rint(row / scale), -INT4_MAX, INT4_MAX)
        np.testing.assert_array_equal(whole * scale, rounded)


def test_rows_of_zeros_stay_zero():
    rows, kernel = example()
    rows[[0, 7]] = 0.0
    on_grid = put_on_grid(rows, kernel, INT4_MAX)
    assert not on_grid[[0, 7]].any()
    assert on_grid[1].any()
    assert not put_on_grid(np.zeros_like(rows), kernel, INT4_MAX).any()


def test_rows_do_not_depend_on_each_other(monkeypatch):
    rows, kernel = example()
    together = put_on_grid(rows, kernel, INT4_MAX)
    monkeypatch.setattr(embedding_grid, "ROWS_AT_ONCE", 7)
    np.testing.assert_array_equal(put_on_grid(rows, kernel, INT4_MAX), together)
    np.testing.assert_array_equal(put_on_grid(rows[::-1], kernel, INT4_MAX), together[::-1])


def test_all_steps_fit_into_a_byte():
    rows, kernel = example()
    rows *= 2.0 ** np.linspace(-30, 10, len(rows), dtype=np.float32)[:, None]
    on_grid = put_on_grid(rows, kernel, INT4_MAX)
    steps = [steps_of(row, INT4_MAX) for row in on_grid if row.any()]
    highest = max(finest for finest, *_ in steps)
    assert all(any(highest - SCALE_STEPS < step <= highest for step in row) for row in steps)
    assert not on_grid[0].any()  # far below the smallest scale of the window


def test_dimensions_that_the_layer_ignores_are_no_obstacle():
    rows, kernel = example()
    kernel[3:] = 0.0
    on_grid = put_on_grid(rows, kernel, INT4_MAX)
    assert np.isfinite(on_grid).all()
    assert changed(rows, on_grid, kernel) < changed(rows, nearest(rows, INT4_MAX), kernel)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), dim=st.integers(1, 6), gates=st.integers(1, 8))
def test_what_is_on_the_grid_lies_within_what_was_given(seed, dim, gates):
    rows, kernel = example(20, dim, gates, seed)
    on_grid = put_on_grid(rows, kernel, INT8_MAX)
    peaks = np.abs(rows).max(axis=1)
    assert (np.abs(on_grid).max(axis=1) <= peaks * 2 ** (3 / 16)).all()
    np.testing.assert_array_equal(on_grid, put_on_grid(rows, kernel, INT8_MAX))
