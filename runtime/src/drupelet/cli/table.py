"""Plain-text tables for the commands of the device, where no library draws them."""

from __future__ import annotations

from collections.abc import Sequence

from drupelet.control_characters import escaped_line


def render_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows under their header. Columns are padded with spaces; numbers are aligned to the right; a control
    character is an escape, so that it cannot break a column.
    """
    table = [[escaped_line(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    numeric = [all(_is_number(row[column]) for row in rows) and bool(rows) for column in range(len(header))]
    lines = []
    for row in table:
        cells = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, numeric)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return cell in ("", "-") or cell[0] in "0123456789.<>=+-"
