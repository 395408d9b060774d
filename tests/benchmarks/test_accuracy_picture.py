"""In pictures of made-up reports, no label covers another label, a point or an interval."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.transforms import Bbox

from benchmarks.accuracy_picture import covered, draw_accuracies, interval_box, plot_accuracies, with_unit
from benchmarks.accuracy_reports import report_of

SPREAD = report_of(
    ("imdb-nano wi4", "drupelet", 63_688, 0.862),
    ("imdb-tiny wi4", "drupelet", 199_048, 0.884),
    ("TF-IDF regression", "regression", 520_000, 0.881),
    ("imdb wi8", "drupelet", 685_448, 0.89),
    ("fastText, quantized", "fastText", 1_863_250, 0.866),
    ("n-gram regression", "regression", 7_100_000, 0.893),
    ("fastText", "fastText", 421_000_000, 0.871),
)
CROWDED = report_of(
    *((f"{family} of some {number} bytes", family, 600_000 + 90_000 * number, 0.87 + number / 1000)
      for number, family in enumerate(("drupelet", "fastText", "regression")))
)  # fmt: skip


@pytest.mark.parametrize("report", [SPREAD, CROWDED, report_of(("alone", "drupelet", 5000, 0.9))])
def test_labels_cover_nothing_and_stay_inside(report: dict[str, Any]) -> None:
    figure, labels = draw_accuracies(report)
    (axis,) = figure.axes
    names = [label.get_window_extent() for label in labels]
    assert [label.get_text() for label in labels] == [row["name"] for row in report["rows"]]
    for one, other in combinations(names, 2):
        assert not one.overlaps(other)
    for name in names:
        assert covered(name, [interval_box(axis, row) for row in report["rows"]], axis.bbox) == 0


def test_covered_pixels_are_counted() -> None:
    inside = Bbox([[0, 0], [100, 100]])
    assert covered(Bbox([[10, 10], [20, 20]]), [Bbox([[30, 30], [40, 40]])], inside) == 0
    assert covered(Bbox([[10, 10], [20, 20]]), [Bbox([[15, 10], [40, 40]])], inside) == 50
    assert covered(Bbox([[-5, 10], [5, 20]]), [], inside) == 50


@pytest.mark.parametrize("name", ["picture.svg", "picture.png"])
def test_the_same_report_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    written = []
    for folder in ("one", "two"):
        plot_accuracies(tmp_path / folder / name, SPREAD)
        written.append((tmp_path / folder / name).read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("size_bytes", "shown"), [(999, "999 B"), (100_000, "100 kB"), (1_000_000, "1 MB"), (1e9, "1 GB")]
)
def test_sizes_are_shown_in_powers_of_ten(size_bytes: float, shown: str) -> None:
    assert with_unit(size_bytes) == shown
