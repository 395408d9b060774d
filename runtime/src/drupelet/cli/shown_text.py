"""Any text, however hostile, for a terminal: escapes, quotes, columns that line up, and steps of text rules."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

GAP = 2
"""Spaces between columns."""
LEAST_RUN = 4
"""Fewest neighbouring characters that a range stands for."""


def shown(text: str) -> str:
    """The text with an escape for each character that moves the cursor, is invisible, or is a lone surrogate; and for "\\"."""
    return "".join(
        character if character.isprintable() and character != "\\" else ascii(character)[1:-1] for character in text
    )


def quoted(text: str, limit_characters: int) -> str:
    """The text in quotes, with escapes. Of a longer one the first characters, and how many there are."""
    if len(text) <= limit_characters:
        return '"' + shown(text).replace('"', '\\"') + '"'
    head = shown(text[:limit_characters]).replace('"', '\\"')
    return f'"{head}"... ({len(text)} characters)'


def shortened(characters: str) -> str:
    """Ascending characters with runs of neighbours as ranges: ``0-9a-z``."""
    parts = []
    start = 0
    for place in range(1, len(characters) + 1):
        if place < len(characters) and ord(characters[place]) == ord(characters[place - 1]) + 1:
            continue
        run = characters[start:place]
        parts.append(run if len(run) < LEAST_RUN else f"{run[0]}-{run[-1]}")
        start = place
    return "".join(parts)


def width_of(text: str) -> int:
    """Columns that a terminal gives to a text: two to a wide character, none to a mark on the one before it."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me")
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def columns(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The lines of a grid: a row for each name, a column for each entry of ``cells``, in as many blocks as the width needs.

    An entry that is wider than the lines gets a block of its own.
    """
    margin = max(width_of(name) for name in names)
    widths = [max(width_of(cell) for cell in entry) for entry in cells]
    start = 0
    while start < len(cells):
        stop, used = start + 1, margin + GAP + widths[start]
        while stop < len(cells) and used + GAP + widths[stop] <= width:
            used += GAP + widths[stop]
            stop += 1
        if start:
            yield ""
        for row, name in enumerate(names):
            parts = [name + " " * (margin - width_of(name))]
            parts += [
                entry[row] + " " * (wide - width_of(entry[row]))
                for entry, wide in zip(cells[start:stop], widths[start:stop])
            ]
            yield (" " * GAP).join(parts).rstrip()
        start = stop


def step_shown(step: Mapping[str, Any]) -> str:
    """A step of text rules (``step`` names its kind) with its fields, in one short line."""
    kind = step["step"]
    if kind == "lower":
        return f"lower ({step['letters']})"
    if kind == "replace":
        return f"replace {quoted(step['old'], 30)} by {quoted(step['new'], 30)}"
    if kind == "substitute":
        return f"substitute {quoted(step['pattern'], 40)} by {quoted(step['replacement'], 30)}"
    if kind in ("keep", "drop"):
        what = [*([quoted(shortened(step["characters"]), 40)] if step["characters"] else []), *step["classes"]]
        by = (
            f", others by {quoted(step['replacement'], 30)}"
            if kind == "keep"
            else f" by {quoted(step['replacement'], 30)}"
        )
        return f"{kind} {', '.join(what) or 'nothing'}{by if step['replacement'] else ''}"
    if kind == "split":
        if step["by"] == "separator":
            return f"split at {quoted(step['separator'], 30)}"
        return "split into characters" if step["by"] == "characters" else f"split at white space ({step['by']})"
    if kind == "drop_words":
        count = len(step["words"])
        some = ", ".join(quoted(word, 20) for word in step["words"][:3])
        return f"drop_words {some}{f' and {count - 3} more' if count > 3 else ''}"
    return f"ngrams of {', '.join(map(str, step['sizes']))}"
