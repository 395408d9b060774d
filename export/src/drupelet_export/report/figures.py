"""Figures as inline SVG. Each function draws its arguments and knows nothing of the report.

Every function here is pure. The markup has no script, no external references and no colours: colours are classes
(``c0``-``c7`` for schemes and parts, ``failed``, ``grid``, ``muted``) that ``page.css`` defines. Figures are 460 units wide,
so that a text of 12 units is still legible on a telephone.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from drupelet_export.report.axis import Axis, log_axis
from drupelet_export.report.wording import markup, size_text, visible

WIDTH = 460
"""Width of a figure in units. A telephone shows it at three quarters of that size."""
COLOURS = 8
"""Number of colour classes in ``page.css``: c0 to c7."""
LABEL_CHARACTERS = 26
"""Maximum characters of a name beside a point or a bar. They fit into a third of a figure. Tables have the whole name."""
LINE = 14
"""Height of a line of text in units."""


def _short(name: str, limit: int = LABEL_CHARACTERS) -> str:
    """A name cut to fit beside its mark, with invisible characters spelled out."""
    name = visible(name[: limit + 1])
    return name if len(name) <= limit else f"{name[: limit - 1]}…"


def _text_width(text: str, font_size: float = 11) -> float:
    """The approximate width of a text in units, for the widest usual font (DejaVu Sans). East Asian characters are wider."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.62 for c in text) * font_size


def _tick(shown: str) -> str:
    """The label of a tick without needless zeros: ``1.00 MB`` becomes ``1 MB``, ``1.0e-04`` becomes ``1e-04``."""
    return re.sub(r"\.0+(?=[ e])|(?<=\.[1-9])0+(?=[ e])", "", shown)


# Axes


def _svg(key: str, title: str, description: str, height: float, body: Iterable[str], width: int = WIDTH) -> Markup:
    return Markup(  # noqa: S704 - every text in the body went through markup()
        f'<svg role="img" viewBox="0 0 {width} {height:g}" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{markup(title)}</title><desc id="{key}-d">{markup(description)}</desc>{"".join(body)}</svg>'
    )


def _text(x: float, y: float, content: str, anchor: str = "start", kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{markup(content)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}" class="{kind}"/>'


def _x_axis(
    axis: Axis, top: float, bottom: float, show: Callable[[float], str], wanted: int = 6, width: int = WIDTH
) -> list[str]:
    """Grid lines with their values below. A value that would touch the one before it is left out."""
    parts, free_from = [], 0.0
    for tick in axis.ticks(wanted):
        x, shown = axis.place(tick), _tick(show(tick))
        parts.append(_line(x, top, x, bottom, "grid"))
        half = _text_width(shown) / 2
        centre = min(max(x, half), width - half)
        if centre - half >= free_from:
            parts.append(_text(centre, bottom + LINE, shown, "middle", "muted"))
            free_from = centre + half + 4
    return parts


def _y_axis(axis: Axis, left: float, right: float, show: Callable[[float], str], wanted: int = 6) -> list[str]:
    places = [(axis.place(tick), _tick(show(tick))) for tick in axis.ticks(wanted)]
    return [
        part
        for y, shown in places
        for part in (_line(left, y, right, y, "grid"), _text(left - 6, y + 4, shown, "end", "muted"))
    ]


# Marks


def marker(shape: int, x: float, y: float, kind: str) -> Markup:
    """The mark of a format, about 9 units wide: circle, square, triangle, diamond, then again from the circle."""
    if shape % 4 == 0:
        return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4.5" class="{}"/>').format(x, y, kind)
    outline = (((-4, -4), (4, -4), (4, 4), (-4, 4)), ((0, -5), (5, 4), (-5, 4)), ((0, -6), (6, 0), (0, 6), (-6, 0)))
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in outline[shape % 4 - 1])
    return Markup('<polygon points="{}" class="{}"/>').format(points, kind)


# Scatter


@dataclass(frozen=True)
class Point:
    """One file on one engine: its size, and its accuracy with a 95 % interval."""

    name: str
    size_bytes: int
    accuracy: float
    interval: tuple[float, float]
    colour: int
    shape: int
    failed: bool


def scatter(points: Sequence[Point], reference: float | None) -> Markup:
    """Accuracy over size, with whiskers and with the name of each point above its whisker.

    Points of similar size are moved apart by a line of text, so that no whisker or name hides another. When there are too
    many points for that, they have no names.
    """
    height, left, right, top, bottom = 420, 52, WIDTH - 8, 6, 372
    gutter = left + 44  # for the name of the reference line
    ordered = sorted(points, key=lambda point: point.size_bytes)
    gap = min(LINE - 1.0, (right - gutter) / len(ordered))
    names = [f"{'✗ ' if point.failed else ''}{_short(point.name)}" if gap >= 11 else "" for point in ordered]
    values = [v for p in points for v in (p.accuracy, *p.interval)] + ([] if reference is None else [reference])
    margin = max(0.05 * (max(values) - min(values)), 0.002)
    headroom = (max(map(_text_width, names)) + 8) / (bottom - top)  # as a share of the height
    low_value = min(values) - margin
    high_value = low_value + (max(values) - low_value) / (1 - headroom)
    y_axis = Axis(low_value, high_value, bottom, top)
    x_axis = log_axis([max(1, point.size_bytes) for point in points], gutter, right - 8)
    xs = _set_apart([x_axis.place(max(1, point.size_bytes)) for point in ordered], gap, gutter, right - 8)
    digits = 3 if high_value - low_value < 0.08 else 2
    body = _y_axis(y_axis, left, right, lambda value: f"{value:.{digits}f}")
    body += _x_axis(x_axis, top, bottom, size_text, 8)
    body.append(_text((left + right) / 2, bottom + 34, "size of the file, logarithmic", "middle", "muted"))
    if reference is not None:
        y = y_axis.place(reference)
        body += [_line(left, y, right, y, "reference"), _text(left + 3, y - 4, "Keras", kind="muted halo")]
    for x, point, name in zip(xs, ordered, names, strict=True):
        low, high = (y_axis.place(value) for value in point.interval)
        y, kind = y_axis.place(point.accuracy), f"c{point.colour}"
        body.append(_line(x, low, x, high, f"whisker {kind}"))
        body += [_line(x - 3, end, x + 3, end, f"whisker {kind}") for end in (low, high)]
        body.append(marker(point.shape, x, y, f"{kind} rim"))
        if point.failed:
            body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" class="ring"/>')
        body.append(
            f'<text transform="translate({x + 4:.1f} {high - 5:.1f}) rotate(-90)" '
            f'class="halo {"failed" if point.failed else kind}">{markup(name)}</text>'
        )
    accuracies = [point.accuracy for point in points]
    description = (
        f"{len(points)} points from {size_text(ordered[0].size_bytes)} to {size_text(ordered[-1].size_bytes)}, accuracy from "
        f"{min(accuracies):.4f} to {max(accuracies):.4f}. The table of results has the numbers."
    )
    return _svg("accuracy", "Accuracy over size of every file", description, height, body)


def _set_apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places in ascending order, at least ``gap`` apart. Places that would be too close form a group, centred on their mean."""
    groups: list[tuple[float, int]] = []  # the sum of the wanted places in a group, and their number
    for place in wanted:
        total, count = place, 1
        while groups:
            before_total, before_count = groups[-1]
            if before_total / before_count + (before_count + count) * gap / 2 <= total / count:
                break
            total, count = total + before_total, count + before_count
            groups.pop()
        groups.append((total, count))
    places = [total / count + (n - (count - 1) / 2) * gap for total, count in groups for n in range(count)]
    for n, place in enumerate(places):
        places[n] = max(place, low + n * gap)
    for n in range(len(places) - 1, -1, -1):
        places[n] = min(places[n], high - (len(places) - 1 - n) * gap)
    return places


# Bars


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart. ``value`` None: not known. ``reach`` is the end of a thin line beyond the bar, such as the p95."""

    name: str
    value: float | None
    shown: str
    colour: int
    reach: float | None = None
    failed: bool = False


def bars(key: str, title: str, axis_title: str, rows: Sequence[Bar], show: Callable[[float], str]) -> Markup:
    """Horizontal bars with names and values. The axis is logarithmic if the largest value is over 30 times the smallest."""
    known = [value for row in rows for value in (row.value, row.reach) if value is not None and value > 0]
    names = [_short(row.name) for row in rows]
    left = 8 + max(_text_width(name) for name in names)
    right = WIDTH - 8 - max(_text_width(row.shown) for row in rows)
    row_height, top = 22, 6
    bottom = top + row_height * len(rows) + 2
    logarithmic = bool(known) and max(known) > 30 * min(known)
    if logarithmic:
        axis = Axis(
            10.0 ** math.floor(math.log10(max(1e-12, min(known) * 0.7))),
            max(known) * 1.02,
            left,
            right,
            logarithmic=True,
        )
    else:
        axis = Axis(0, max(known, default=1.0) * 1.02, left, right)
    body = _x_axis(axis, top, bottom, show, 4)
    for n, (row, name) in enumerate(zip(rows, names, strict=True)):
        middle = top + row_height * (n + 0.5)
        body.append(_text(left - 6, middle + 4, name, "end", "failed" if row.failed else ""))
        body.append(_text(WIDTH - 2, middle + 4, row.shown, "end", "muted" if row.value is None else ""))
        if row.value is not None and row.value > 0:
            end = axis.place(row.value)
            body.append(_rect(left, middle - 6, max(1.0, end - left), 12, f"c{row.colour}"))
            if row.reach is not None and row.reach > row.value:
                reach = axis.place(row.reach)
                body += [_line(end, middle, reach, middle, f"whisker c{row.colour}")]
                body += [_line(reach, middle - 4, reach, middle + 4, f"whisker c{row.colour}")]
    body.append(_line(left, top, left, bottom, "axis"))
    scale = "logarithmic" if logarithmic else "linear"
    body.append(_text((left + right) / 2, bottom + 32, f"{axis_title}, {scale}", "middle", "muted"))
    description = f"{len(rows)} bars, {scale}: " + "; ".join(f"{row.name} {row.shown}" for row in rows[:20])
    return _svg(key, title, description, bottom + 38, body)


# Histogram


def histogram(
    key: str, title: str, edges: Sequence[float], counts: Sequence[int], colour: int, gate: float | None, most: int
) -> Markup:
    """Counts of probability differences: exactly 0 at the left, the others over a logarithmic axis, the gate as a line.

    ``counts[0]`` are exactly 0 and ``counts[k]`` between ``edges[k - 1]`` and ``edges[k]``. ``most`` is the count that fills
    the height; it is the same for figures that are compared.
    """
    width, height, left, right, top, bottom = 200, 112, 38, 190, 16, 90
    axis = Axis(edges[0], edges[-1], left, right, logarithmic=True)
    body = _x_axis(axis, top, bottom, lambda value: "1" if value == 1 else f"1e{math.log10(value):.0f}", 4, width)

    def column(x: float, column_width: float, count: int) -> str:
        tall = max(1.0, (bottom - top) * count / most) if count else 0.0
        return _rect(x, bottom - tall, column_width, tall, f"c{colour}")

    body.append(column(6, 10, counts[0]))
    for low, high, count in zip(edges[:-1], edges[1:], counts[1:], strict=True):
        start, stop = axis.place(low), axis.place(high)
        body.append(column(start + 0.3, stop - start - 0.6, count))
    body += [_text(11, bottom + LINE, "0", "middle", "muted"), _line(2, bottom, 20, bottom, "axis")]
    body.append(_line(left, bottom, right, bottom, "axis"))
    if gate is not None and edges[0] <= gate <= edges[-1]:
        x = axis.place(gate)
        body.append(_line(x, top - 4, x, bottom, "gate"))
        body.append(_text(min(x, right - 12), top - 6, "gate", "middle", "failed"))
    beyond = sum(count for low, count in zip(edges, counts[1:], strict=False) if gate is not None and low >= gate)
    description = f"{sum(counts)} texts, {counts[0]} of them with no difference at all, {beyond} beyond the gate."
    return _svg(key, title, description, height, body, width)


# Reliability diagram


@dataclass(frozen=True)
class Bin:
    """Answers with a probability from ``low`` to ``high``.

    ``count`` is their number, ``confidence`` their mean probability, ``accuracy`` the share of right answers and
    ``interval`` its 95 % interval.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    interval: tuple[float, float]


RELIABILITY_TICKS = 5


def _decimals(ticks: Sequence[float]) -> int:
    """The fewest decimals, 1 to 4, that show every tick without rounding."""
    exact = (n for n in (1, 2, 3) if all(abs(round(tick, n) - tick) < 1e-9 for tick in ticks))
    return next(exact, 4)


def reliability(
    key: str, title: str, bins: Sequence[Bin], reference: Sequence[Bin], kind: str, lowest: float, most: int
) -> Markup:
    """The share of right answers over their probability: a dot and a whisker for each bin, counts as bars.

    ``reference`` is a thin line without dots. Both axes go from ``lowest`` to 1. ``most`` is the count that fills a third of
    the height; it is the same for figures that are compared.
    """
    width, height, left, right, top, bottom = 200, 190, 30, 189, 6, 170
    x_axis, y_axis = Axis(lowest, 1.0, left, right), Axis(lowest, 1.0, bottom, top)
    tick = f"{{:.{_decimals(x_axis.ticks(RELIABILITY_TICKS))}f}}".format
    body = _y_axis(y_axis, left, right, tick, RELIABILITY_TICKS)
    body += _x_axis(x_axis, top, bottom, tick, RELIABILITY_TICKS, width)
    for part in bins:
        start, stop = x_axis.place(part.low), x_axis.place(part.high)
        tall = max(1.0, (bottom - top) / 3 * part.count / most)
        body.append(_rect(start + 0.5, bottom - tall, stop - start - 1, tall, "counts"))
    body.append(_line(left, bottom, right, top, "reference"))
    path = " ".join(f"{x_axis.place(part.confidence):.1f},{y_axis.place(part.accuracy):.1f}" for part in reference)
    body.append(f'<polyline points="{path}" class="keras"/>')
    for part in bins:
        x, (low, high) = x_axis.place(part.confidence), (y_axis.place(end) for end in part.interval)
        body.append(_line(x, low, x, high, f"whisker {kind}"))
        body.append(f'<circle cx="{x:.1f}" cy="{y_axis.place(part.accuracy):.1f}" r="3.5" class="{kind} rim"/>')
    body.append(_line(left, bottom, right, bottom, "axis"))
    description = "; ".join(f"{b.confidence:.3f}: {b.accuracy:.3f} right of {b.count:,}" for b in bins[:20])
    return _svg(key, title, description, height, body, width)


# Stacked bars


def stacked(key: str, title: str, rows: Sequence[tuple[str, Sequence[int]]], parts: Sequence[str]) -> Markup:
    """Bytes by part for every file, on one linear scale. The parts have the classes c0, c1 and so on."""
    row_height, top = 40, 4
    bottom = top + row_height * len(rows)
    axis = Axis(0, max(1, *(sum(sizes) for _, sizes in rows)), 2, WIDTH - 12)
    body = _x_axis(axis, top, bottom, size_text, 5)
    for n, (name, sizes) in enumerate(rows):
        y = top + row_height * n
        body.append(_text(2, y + 12, f"{_short(name, 40)}  {size_text(sum(sizes))}", kind="halo"))
        done = 0
        for part, (part_name, size_bytes) in enumerate(zip(parts, sizes, strict=True)):
            start, stop = axis.place(done), axis.place(done + size_bytes)
            done += size_bytes
            if size_bytes:
                body.append(_rect(start, y + 17, max(0.6, stop - start - 0.6), 16, f"c{part}"))
            if stop - start > _text_width(visible(part_name)) + 8:
                body.append(_text(start + 4, y + 29, part_name, kind="on-bar"))
    description = "; ".join(
        f"{name}: " + ", ".join(f"{part} {size_text(s)}" for part, s in zip(parts, sizes, strict=True) if s)
        for name, sizes in rows[:20]
    )
    return _svg(key, title, description, bottom + 20, body)


# Curves


def curve(
    key: str,
    title: str,
    axis_titles: tuple[str, str],
    points: Sequence[tuple[float, float]],
    show: tuple[Callable[[float], str], Callable[[float], str]],
    from_zero: bool,
) -> Markup:
    """A line through points (x, y) in ascending x, over a logarithmic x axis."""
    height, left, right, top, bottom = 230, 60, WIDTH - 14, 24, 184
    x_axis = log_axis([max(1.0, x) for x, _ in points], left, right)
    ys = [y for _, y in points]
    margin = 0.1 * (max(ys) - min(ys)) or 0.01 * abs(ys[0]) or 0.01
    y_axis = Axis(0.0 if from_zero and min(ys) >= 0 else min(ys) - margin, max(ys) + margin, bottom, top)
    places = [(x_axis.place(max(1.0, x)), y_axis.place(y)) for x, y in points]
    body = _y_axis(y_axis, left, right, show[1], 5) + _x_axis(x_axis, top, bottom, show[0])
    body.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" class="curve"/>')
    body += [marker(0, x, y, "c0 rim") for x, y in places]
    body.append(_text(2, 12, axis_titles[1], kind="muted"))
    body.append(_text((left + right) / 2, bottom + 34, f"{axis_titles[0]}, logarithmic", "middle", "muted"))
    description = "; ".join(f"{show[0](x)}: {show[1](y)}" for x, y in points[:20])
    return _svg(key, title, description, height, body)
