"""The rows of a file of lines, as bytes.

What is no row is no end either: each record comes with its fields or with the reason why it has none, and the next one begins
on the next line.
"""

from __future__ import annotations

import csv
from typing import NamedTuple

from drupelet.goldens import MAX_TEXT_CHARACTERS
from drupelet.text_source import MAX_LINE_BYTES as MAX_LINE_BYTES  # extents.py reads it here, too

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO

NOT_UTF8 = "not UTF-8"
SHOWN_CHARACTERS = 400
MAX_RECORD_BYTES = 4 * MAX_LINE_BYTES
"""Most bytes of a CSV record, whose quoted fields may hold any number of lines: memory stays bounded."""


class Record(NamedTuple):
    """A row: the line it begins on and how many it has, its bytes, and its ``fields``, or None and the ``reason``.

    ``text`` is all of it, with the end of its last line; of a line that is too long it is how it begins. A JSON line has
    itself as its only field. A blank line has no field and no reason.
    """

    line: int
    lines: int
    size_bytes: int
    text: str
    fields: list[str] | None
    reason: str = ""

    @property
    def begins(self) -> str:
        """How it begins, for people."""
        shown = self.text[:SHOWN_CHARACTERS].encode("utf-8", "surrogateescape")
        return shown.decode("utf-8", "replace").rstrip("\r\n")


class TooLongError(csv.Error):
    """A line or a record is longer than any that is read. What was read of it is passed over."""


class Lines:
    """The lines of a stream as str, for csv.reader. A byte that is not UTF-8 stands there as a lone surrogate.

    Raises TooLongError behind a line that is too long, and behind the line that makes a record too long.
    """

    def __init__(self, stream: BinaryIO, line: int) -> None:
        self._stream = stream
        self.line = line  # of the last line that was read
        self.size_bytes = 0  # since the last call of take()
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        content = self._stream.readline(MAX_LINE_BYTES + 1)
        if not content:
            raise StopIteration
        self.line += 1
        self.size_bytes += len(content)
        if len(content) > MAX_LINE_BYTES and not content.endswith(b"\n"):
            while rest := self._stream.readline(MAX_LINE_BYTES):
                self.size_bytes += len(rest)
                if rest.endswith(b"\n"):
                    break
            self._taken = [content[:1024].decode("utf-8", "replace")]
            raise TooLongError(f"a line is longer than {MAX_LINE_BYTES:,} bytes")
        if self.size_bytes > MAX_RECORD_BYTES:
            raise TooLongError(f"a row is longer than {MAX_RECORD_BYTES:,} bytes: is a quote never closed?")
        line = content.decode("utf-8", "surrogateescape")
        self._taken.append(line)
        return line

    def take(self) -> tuple[int, str]:
        """The bytes and the text of the lines since the last call."""
        taken = self.size_bytes, "".join(self._taken)
        self.size_bytes = 0
        self._taken.clear()
        return taken


def csv_records(stream: BinaryIO, line: int, delimiter: str) -> Generator[Record, None, None]:
    """The records of a CSV stream whose next line is number ``line + 1``. csv.reader begins anew behind each of them."""
    lines = Lines(stream, line)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    previous_limit = csv.field_size_limit(MAX_TEXT_CHARACTERS)
    try:
        while True:
            first = lines.line + 1
            fields: list[str] | None = None
            reason = ""
            try:
                fields = next(reader)
            except StopIteration:
                return
            except TooLongError as error:
                reason = str(error)
            except csv.Error as error:
                reason = f"not CSV ({error})"
            size_bytes, text = lines.take()
            if not is_unicode(text):
                fields, reason = None, NOT_UTF8
            yield Record(first, lines.line + 1 - first, size_bytes, text, fields, reason)
    finally:
        csv.field_size_limit(previous_limit)


def json_records(stream: BinaryIO, line: int) -> Iterator[Record]:
    """The lines of a stream of JSON lines, each the only field of its record."""
    lines = Lines(stream, line)
    while True:
        reason = ""
        try:
            next(lines)
        except StopIteration:
            return
        except TooLongError as error:
            reason = str(error)
        size_bytes, text = lines.take()
        if not is_unicode(text):
            reason = NOT_UTF8
        fields = None if reason else [text] if text.strip() else []
        yield Record(lines.line, 1, size_bytes, text, fields, reason)


def is_unicode(text: str) -> bool:
    """Whether a text has no lone surrogate, which stands for a byte that is not UTF-8, or for half a character of JSON."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
