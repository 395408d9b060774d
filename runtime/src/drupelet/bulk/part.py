"""A part of a file: where its rows begin and end, and what became of them."""

from __future__ import annotations

from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any

PART_BYTES = 1 << 21
PART_ROWS = 4096
"""A part of a file of lines is full with so many bytes or rows: a quarter of a second of work, and little to do again."""
SHOWN_CHARACTERS = 200
"""Most characters of a bad row in the file of errors."""


class Place(Value):
    """Between two rows: the ``offset`` in bytes (of a Parquet file: in row groups), and the rows and lines before it."""

    offset: int
    rows: int
    lines: int


class Part(Value):
    """The rows of file number ``file`` from ``start`` up to ``stop``."""

    file: int
    start: Place
    stop: Place


class BadRow(Value):
    """A row without an answer: its number and its line, both from 1, why, and how it begins. ``line`` 0: it has none."""

    row: int
    line: int
    reason: str
    begins: str

    def to_json(self, file: str) -> dict[str, Any]:
        """A line of the file of errors."""
        place = {"row": self.row, "line": self.line} if self.line else {"row": self.row}
        return {"file": file, **place, "reason": self.reason, "begins": self.begins[:SHOWN_CHARACTERS]}


class Answered(Value):
    """The bytes that a part adds to the output, and its rows: ``answered``, ``bad``, and those ``without_words`` known to the
    network."""

    content: bytes
    answered: int
    bad: tuple[BadRow, ...]
    without_words: int
