"""Figures have their marks at the right places, and no name hides another."""

import re
from itertools import pairwise

import pytest

from drupelet_export.report.figures import WIDTH, Bin, Point, _set_apart, _text_width, reliability, scatter


@pytest.mark.parametrize("count", [1, 4, 12, 16, 27])
def test_names_of_twelve_points_and_more_do_not_overlap(count: int) -> None:
    points = [
        Point(f"engine{n} wi4", 600_000 << n % 4, 0.87 + n % 3 / 1000, (0.855, 0.885), n % 4, n % 3, n % 5 == 0)
        for n in range(count)
    ]
    picture = scatter(points, 0.871)
    places = [tuple(map(float, found)) for found in re.findall(r"translate\(([\d.-]+) ([\d.-]+)\) rotate", picture)]
    names = re.findall(r"rotate\(-90\)\"[^>]*>([^<]*)<", picture)
    assert len(names) == len(places) == count
    assert all(b[0] - a[0] > 11 for a, b in pairwise(places))
    assert all(y - _text_width(name) >= 0 and 0 < x < WIDTH for (x, y), name in zip(places, names, strict=True))
    assert all("engine" in name for name in names)


def test_more_points_than_names_fit_are_shown_without() -> None:
    points = [Point(f"engine{n}", 1000 * n, 0.5, (0.4, 0.6), 0, 0, False) for n in range(1, 60)]
    picture = scatter(points, None)
    assert picture.count("<circle") == 59
    assert ">engine" not in picture


def test_places_are_set_apart_as_little_as_it_takes() -> None:
    assert _set_apart([10, 100, 200], 11, 0, 300) == [10, 100, 200]
    assert _set_apart([100, 100, 100], 10, 0, 300) == [90, 100, 110]
    assert _set_apart([0, 0], 10, 0, 300) == [0, 10]
    assert _set_apart([300, 300], 10, 0, 300) == [290, 300]
    assert _set_apart([50, 52, 61], 10, 0, 300) == pytest.approx([44.33, 54.33, 64.33], abs=0.01)


def test_a_dot_is_at_probability_and_accuracy_and_its_bar_in_its_bin() -> None:
    bins = [Bin(0.6, 0.8, 3, 0.75, 0.5, (0.3, 0.7)), Bin(0.8, 1.0, 9, 1.0, 1.0, (0.7, 1.0))]
    picture = reliability("r", "R", bins, bins[:1], "c1", 0.5, 9)
    diagonal = re.search(r'<line x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)" class="reference"', picture)
    assert diagonal is not None
    left, bottom, right, top = map(float, diagonal.groups())
    dots = [tuple(map(float, place)) for place in re.findall(r'<circle cx="(\S+)" cy="(\S+)"', picture)]
    assert dots == [(pytest.approx((left + right) / 2, abs=0.1), bottom), (right, top)]
    bars = re.findall(r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)" class="counts"', picture)
    assert [float(bar[3]) for bar in bars] == pytest.approx([(bottom - top) / 9, (bottom - top) / 3], abs=0.1)
    assert float(bars[0][0]) == pytest.approx(left + 0.2 * (right - left), abs=0.6)
    assert "0.750: 0.500 right of 3; 1.000: 1.000 right of 9" in picture


@pytest.mark.parametrize(("lowest", "shown"), [(0.8, "0.85"), (0.9, "0.92"), (0.0, "0.2"), (0.5, "0.6")])
def test_the_ticks_of_a_reliability_diagram_are_told_apart(lowest: float, shown: str) -> None:
    picture = reliability("r", "R", [Bin(lowest, 1.0, 9, 0.97, 0.98, (0.95, 1.0))], [], "c1", lowest, 9)
    ticks = re.findall(r">([01]\.\d+)<", picture)
    assert shown in ticks
    assert all(ticks.count(tick) <= 2 for tick in ticks), "each tick at most once on each axis"
