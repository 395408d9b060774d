"""Axes have a few ticks at round values inside their range."""

import pytest

from drupelet_export.report.axis import Axis


@pytest.mark.parametrize(
    ("low", "high", "logarithmic"), [(0, 1, False), (0.853, 0.889, False), (5e5, 5e6, True), (1, 1e9, True)]
)
def test_ticks_are_round_few_and_inside(low: float, high: float, logarithmic: bool) -> None:
    axis = Axis(low, high, 0, 100, logarithmic)
    ticks = axis.ticks(6)
    assert 2 <= len(ticks) <= 7
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    assert ticks == sorted(ticks)
    with pytest.raises(ValueError, match="an axis from 1 to 1"):
        Axis(1, 1, 0, 100)
