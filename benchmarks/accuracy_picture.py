"""The accuracy report as a picture: accuracy on the texts that count most against the size of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import NullFormatter
from matplotlib.transforms import Bbox

from benchmarks.accuracy_table import TEXTS, main_score, parts_of
from drupelet_train.atomic import replacing

STYLES = {"drupelet": ("#b3123f", "o"), "fastText": ("#1f6f8b", "s"), "regression": ("#555555", "D")}
"""Colour and marker of each family."""

UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))

MARKER_POINTS = 7.0

GAP_POINTS = 8.0
"""Distance from a label to its point or interval, in points."""

AIR_PIXELS = 4.0

Place = tuple[tuple[float, float], str]
"""Offset of a label from its point, in points, and the side of the label that is aligned there."""


def plot_accuracies(path: Path, document: Mapping[str, Any]) -> None:
    """Writes the picture of a report in the format of ``path``'s suffix. The same report gives the same bytes."""
    figure, _ = draw_accuracies(document)
    with mpl.rc_context({"svg.hashsalt": "drupelet"}), replacing(path) as temporary:
        figure.savefig(temporary, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})


def draw_accuracies(document: Mapping[str, Any]) -> tuple[Figure, list[Annotation]]:
    """The figure of a report, and the labels of its points in the order of the report."""
    rows = document["rows"]
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for row in rows:
        score = main_score(row)
        colour, marker = STYLES[row["family"]]
        low, high = score["interval_95"]
        axis.vlines(row["bytes"], low, high, color=colour, linewidth=1, alpha=0.6)
        axis.plot(row["bytes"], score["accuracy"], marker, color=colour, markersize=MARKER_POINTS)
    sizes = [row["bytes"] for row in rows]
    axis.set_xscale("log")
    axis.set_xlim(min(sizes) / 2, max(sizes) * 2)
    axis.xaxis.set_major_formatter(lambda size_bytes, _: with_unit(size_bytes))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
    axis.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    texts = TEXTS[parts_of(document)[0]].format(main_score(rows[0])["n"])
    axis.set_title(f"Right answers on {texts}, with 95 % interval", loc="left", fontsize="medium")
    axis.set_xlabel("size of the file, with all that answering a text takes")
    figure.draw_without_rendering()  # fixes the layout before labels are placed
    return figure, place_labels(axis, rows)


def place_labels(axis: Axes, rows: Sequence[Mapping[str, Any]]) -> list[Annotation]:
    """Writes the name of every row beside its point, where it covers the least of points, intervals and earlier names."""
    intervals = [interval_box(axis, row) for row in rows]
    taken = list(intervals)
    labels = []
    for row, interval in zip(rows, intervals, strict=True):
        label = axis.annotate(
            row["name"],
            (row["bytes"], main_score(row)["accuracy"]),
            xytext=(0, 0),
            textcoords="offset points",
            color=STYLES[row["family"]][0],
            fontsize=9.5,
            fontweight="bold" if row["family"] == "drupelet" else "normal",
        )
        tried = [(covered(_move(label, place), taken, axis.bbox), place) for place in _places(axis, label, interval)]
        taken.append(_move(label, min(tried, key=lambda outcome: outcome[0])[1]))
        labels.append(label)
    return labels


def covered(box: Bbox, taken: Sequence[Bbox], inside: Bbox) -> float:
    """The square pixels of ``box`` that overlap boxes in ``taken`` or are outside of ``inside``."""
    return _area(box) - _shared(box, inside) + sum(_shared(box, other) for other in taken)


def with_unit(size_bytes: float) -> str:
    """A size in powers of ten: ``100 kB``."""
    factor, unit = next((factor, unit) for factor, unit in UNITS if size_bytes >= factor)
    return f"{size_bytes / factor:g} {unit}"


def _places(axis: Axes, label: Annotation, interval: Bbox) -> list[Place]:
    """The places for a label, the best first: beside its point, above or below its interval, diagonal to its point."""
    points_per_pixel = 72 / axis.figure.dpi
    y = axis.transData.transform(label.xy)[1]
    above = (interval.y1 - y) * points_per_pixel + GAP_POINTS
    below = (interval.y0 - y) * points_per_pixel - GAP_POINTS
    sides = ((GAP_POINTS, "left"), (-GAP_POINTS, "right"))
    return [
        *(((x, 0.0), side) for x, side in sides),
        *(((0.0, height), side) for height in (above, below) for side in ("center", "left", "right")),
        *(((x, height), side) for height in (9.0, -9.0, 22.0, -22.0) for x, side in sides),
    ]


def _move(label: Annotation, place: Place) -> Bbox:
    """Moves the label to the place. Returns the pixels that it covers there, with a margin."""
    offset, side = place
    label.set_position(offset)
    label.set(horizontalalignment=side, verticalalignment="center")
    return label.get_window_extent().padded(AIR_PIXELS)


def interval_box(axis: Axes, row: Mapping[str, Any]) -> Bbox:
    """The pixels that a point and its interval cover."""
    low, high = main_score(row)["interval_95"]
    x, bottom = axis.transData.transform((row["bytes"], low))
    _, top = axis.transData.transform((row["bytes"], high))
    half = MARKER_POINTS / 2 * axis.figure.dpi / 72
    return Bbox([[x - half, bottom], [x + half, top]])


def _shared(first: Bbox, second: Bbox) -> float:
    both = Bbox.intersection(first, second)
    return 0.0 if both is None else _area(both)


def _area(box: Bbox) -> float:
    return float(box.width * box.height)
