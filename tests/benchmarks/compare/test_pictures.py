"""The same report gives the same bytes, whatever failed in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.compare.page import PICTURE_FILES
from benchmarks.compare.pictures import draw_growth, draw_times, write_pictures
from benchmarks.compare.reports import report


def failed_report() -> dict[str, Any]:
    """A report in which nothing could be measured."""
    found = report()
    found["peers"] = [row for row in found["peers"] if row["failed"]]
    for curve in found["growth"].values():
        curve["points"] = {key: [None] * 3 for key in curve["points"]}
    return found


@pytest.mark.parametrize("made", [report, failed_report])
def test_the_same_report_gives_the_same_bytes(tmp_path: Path, made: Any) -> None:
    for folder in ("one", "two"):
        write_pictures(tmp_path / folder, made())
    for name in PICTURE_FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_each_peer_with_figures_has_a_bar() -> None:
    (axis,) = draw_times(report()).axes
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        row["title"] for row in report()["peers"] if row["failed"] is None
    ]
    assert [bar.get_width() for bar in axis.patches] == [100.0, 40.0, 500.0, 400.0, 50.0, 40.0]


def test_each_curve_is_a_panel_with_its_values() -> None:
    figure = draw_growth(report())
    assert len(figure.axes) == 6
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["1", "20", "300"]
    assert list(figure.axes[0].lines[0].get_xdata()) == [1, 300]
