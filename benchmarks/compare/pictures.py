"""The pictures of a report. The same report gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from benchmarks.compare.curves import CURVES, TITLES
from benchmarks.compare.numbers import number
from benchmarks.compare.page import PICTURE_FILES
from benchmarks.compare.peers import OTHER_MODELS, OURS, SAME_NETWORK
from benchmarks.compare.workloads import REVIEWS
from drupelet_train.atomic import replacing

COLOURS = {OURS: "#b3123f", SAME_NETWORK: "#1f6f8b", OTHER_MODELS: "#555555"}
SYSTEM_STYLES = {
    "drupelet-wi8": ("#b3123f", "o"),
    "drupelet-wi8-threads": ("#b3123f", "^"),
    "drupelet-f32": ("#e08aa2", "o"),
    "onnxruntime-f32": ("#1f6f8b", "s"),
    "fasttext-predict": ("#555555", "D"),
}
GRID = "#e4e4e4"


def write_pictures(folder: Path, report: Mapping[str, Any]) -> None:
    """Writes the pictures of the page into ``folder``."""
    for name, draw in zip(PICTURE_FILES, (draw_times, draw_fresh, draw_growth), strict=True):
        figure = draw(report)
        with mpl.rc_context({"svg.hashsalt": "drupelet"}), replacing(folder / name) as temporary:
            figure.savefig(temporary, metadata={"Date": None})


def draw_times(report: Mapping[str, Any]) -> Figure:
    """The time of a whole review by peer."""
    rows = [(row, row["single"][REVIEWS]["p50_us"]) for row in report["peers"] if REVIEWS in row.get("single", {})]
    figure = _figure(9.0, 1.2 + 0.26 * max(1, len(rows)))
    axis = figure.subplots()
    _bars(axis, rows, "From the text to the label: µs for a held-out review, one thread", number)
    return figure


def draw_fresh(report: Mapping[str, Any]) -> Figure:
    """Start and memory by peer, side by side."""
    rows = [row for row in report["peers"] if "start_ms" in row and "after" in row.get("memory_mb", {})]
    figure = _figure(11.0, 1.2 + 0.26 * max(1, len(rows)))
    left, right = figure.subplots(1, 2, sharey=True)
    _bars(
        left,
        [(row, row["start_ms"]["median"]) for row in rows],
        "Import, load, first label: ms above bare Python",
        number,
    )
    reviews = report["method"]["remembered"]
    _bars(
        right,
        [(row, row["memory_mb"]["after"]) for row in rows],
        f"Memory after {reviews} reviews: MB above bare Python",
        number,
    )
    return figure


def draw_growth(report: Mapping[str, Any]) -> Figure:
    """A panel for each curve of growth."""
    figure = _figure(11.0, 6.6)
    for axis, (name, found) in zip(figure.subplots(2, 3).flat, report["growth"].items(), strict=False):
        axis.set_title(CURVES[name].measures, loc="left", fontsize="medium")
        axis.set_xlabel(CURVES[name].grows)
        axis.spines[["top", "right"]].set_visible(False)
        if any(point for points in found["points"].values() for point in points):
            _curves(axis, found)
    labels = {
        label: handle for axis in figure.axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(labels.values()),
        list(labels),
        loc="outside lower center",
        ncols=len(labels) or 1,
        frameon=False,
        fontsize="small",
    )
    return figure


def _curves(axis: Axes, found: Mapping[str, Any]) -> None:
    """The points of each system with their ranges, on logarithmic axes."""
    for key, points in found["points"].items():
        colour, marker = SYSTEM_STYLES[key]
        seen = [(value, point) for value, point in zip(found["values"], points, strict=True) if point]
        values = [value for value, _ in seen]
        medians = [point["median"] for _, point in seen]
        style: dict[str, Any] = {"color": colour, "marker": marker, "linewidth": 1.2, "markersize": 4.5}
        axis.plot(values, medians, label=TITLES[key], **style)
        low, high = ([point[side] for _, point in seen] for side in ("lowest", "highest"))
        axis.vlines(values, low, high, color=colour, alpha=0.5)
    _logarithmic(axis.xaxis, found["values"])
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(lambda value, _: number(value))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.grid(axis="y", color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _logarithmic(axis: Any, values: Sequence[int]) -> None:
    """A logarithmic axis that names the values themselves: all where they are few, else the round ones."""
    axis.axes.set_xscale("log")
    shown = [value for value in values if len(values) < 7 or str(value)[0] in "15"]
    axis.set_ticks(shown, [_short_count(value) for value in shown])
    axis.set_minor_formatter(NullFormatter())
    axis.set_ticks([], minor=True)


def _short_count(value: int) -> str:
    """``20k`` for 20,000, ``1M`` for a million."""
    for factor, unit in ((1_000_000, "M"), (1000, "k")):
        if value >= factor:
            return f"{value / factor:g}{unit}"
    return str(value)


def _bars(
    axis: Axes, rows: Sequence[tuple[Mapping[str, Any], float]], title: str, shown: Callable[[float], str]
) -> None:
    """Horizontal bars on a logarithmic axis, the first row on top, each with its number."""
    for place, (row, value) in enumerate(rows):
        axis.barh(place, value, color=COLOURS[row["family"]], height=0.7)
        axis.annotate(
            shown(value), (value, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize="small"
        )
    axis.set_yticks(range(len(rows)), [row["title"] for row, _ in rows], fontsize="small")
    axis.set_ylim(len(rows) - 0.4, -0.6)
    values = [value for _, value in rows if value > 0]
    if values:
        axis.set_xscale("log")
        axis.set_xlim(min(values) / 3, max(values) * 3)
    axis.xaxis.set_major_formatter(lambda value, _: number(value))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.grid(axis="x", color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title, loc="left", fontsize="medium")
