"""Numbers and tables of the report as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

NOTHING = "-"
"""Stands for a figure that is not there."""


def number(value: float) -> str:
    """A number to three significant digits, or whole with commas from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def bytes_shown(size_bytes: float) -> str:
    """A size in powers of ten: ``706 kB``."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= factor:
            return f"{number(size_bytes / factor)} {unit}"
    return f"{size_bytes:.0f} B"


def spread(middle: float, low: float, high: float) -> str:
    """A number with its range."""
    return f"{number(middle)} ({number(low)} to {number(high)})"


def cell(row: Mapping[str, Any], shown: Callable[[float], str], *names: str) -> str:
    """A figure inside a row, as ``shown`` writes it, or NOTHING."""
    value: Any = row
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return NOTHING if value is None else shown(value)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table. A bar inside a cell is escaped."""
    lines = [header, ("---",) * len(header), *rows]
    return [f"| {' | '.join(text.replace('|', chr(92) + '|') for text in line)} |" for line in lines]
