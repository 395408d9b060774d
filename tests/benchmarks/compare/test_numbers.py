"""Numbers as the page shows them."""

from __future__ import annotations

import pytest

from benchmarks.compare.numbers import bytes_shown, cell, markdown_table, number, spread


@pytest.mark.parametrize(
    ("value", "shown"), [(0.12345, "0.123"), (93.72, "93.7"), (999.4, "999"), (999.6, "1,000"), (123456.7, "123,457")]
)
def test_three_digits_or_whole(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"), [(12, "12 B"), (705_830, "706 kB"), (1_888_538, "1.89 MB"), (2.05e9, "2.05 GB")]
)
def test_sizes_are_in_powers_of_ten(size_bytes: float, shown: str) -> None:
    assert bytes_shown(size_bytes) == shown


def test_a_figure_that_is_not_there_is_a_dash() -> None:
    row = {"single": {"20": {"p50_us": 12.34}}, "failed": None}
    assert cell(row, number, "single", "20", "p50_us") == "12.3"
    assert cell(row, number, "single", "5", "p50_us") == "-"
    assert cell(row, number, "failed", "x") == "-"
    assert spread(2, 1, 3) == "2 (1 to 3)"


def test_a_bar_in_a_cell_is_escaped() -> None:
    assert markdown_table(["a", "b"], [["1", "2|3"]]) == ["| a | b |", "| --- | --- |", "| 1 | 2\\|3 |"]
