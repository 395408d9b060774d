"""Text from outside: what a line, a byte order mark and bytes that are not UTF-8 mean, whatever the source is.

* A line ends at a line feed; one carriage return before it belongs to the line end. Every other character stands inside a line.
* UTF-8 byte order marks at the start of a source, of a line that is a text, and of an argument are removed: joined files have
  them at the start of lines. Anywhere else U+FEFF is a character of the text.
* Text is UTF-8. The locale decides nothing. Other bytes raise InputError, with the place and the way to convert them.

``program/lines.c`` of an executable follows the same rules (docs/decisions/0019), and one table of tests holds for both.
"""

from __future__ import annotations

import os

from drupelet.errors import InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader, BytesIO
    from pathlib import Path

MAX_LINE_BYTES = 1 << 24
"""Longest line, its end included. A line of 16 MiB is more likely a file without line ends, which must not fill the memory
of a Pi."""

CHUNK_BYTES = 1 << 16
"""Most bytes that a stream is asked for at a time."""

MARK = "\ufeff"
BYTE_ORDER_MARK = MARK.encode()
OTHER_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
"""Byte order marks of encodings that are refused. The longer one of two that begin alike comes first."""


def lines_of(
    stream: BufferedReader | BytesIO, where: str, expected: str = "one text per line", line_ends: bool = False
) -> Iterator[str]:
    """Yields the lines of a stream as they come, in constant memory; with their ends where ``line_ends`` is true.

    No line begins with a byte order mark, unless ``line_ends`` is true: then the lines are parts of a text.
    What follows the last line feed is a line unless it is empty. Raises InputError, naming ``where`` and the line, for bytes
    that are not UTF-8, for a line beyond :data:`MAX_LINE_BYTES`, and for a stream that cannot be read. The lines before that
    come first.
    """
    number = 0  # of the lines that were given
    pending = bytearray()
    while True:
        searched = len(pending)
        try:
            chunk = stream.read1(CHUNK_BYTES)
        except OSError as error:
            raise InputError(f"{where}: cannot be read ({error.strerror})") from error
        pending += chunk
        # Only the first line can be too long: the others lie within a chunk.
        if (pending.find(b"\n", searched) + 1 or len(pending)) > MAX_LINE_BYTES:
            raise InputError(f"{where}: line {number + 1} is longer than {MAX_LINE_BYTES} bytes; expected {expected}")
        stop = pending.rfind(b"\n", searched) + 1 if chunk else len(pending)
        if stop > 0:
            block = bytes(pending[:stop])
            del pending[:stop]
            if number == 0:
                block = _without_marks_of_source(block, where)
            failure = None
            try:
                text = block.decode()
            except UnicodeDecodeError as error:
                start = block.rfind(b"\n", 0, error.start) + 1
                text = block[:start].decode()
                bad_line = number + text.count("\n") + 1
                while not line_ends and block.startswith(BYTE_ORDER_MARK, start):
                    start += len(BYTE_ORDER_MARK)
                failure = InputError(f"{where}: line {bad_line}: {_not_utf8(error, start)}")
            lines = text.split("\n") if line_ends else text.replace("\r\n", "\n").split("\n")
            if failure or chunk:
                lines.pop()
                if line_ends:
                    lines = [line + "\n" for line in lines]
            if not line_ends and MARK in text:
                lines = [line.lstrip(MARK) for line in lines]
            number += len(lines)
            yield from lines
            if failure:
                raise failure
        if not chunk:
            return


def text_of(content: bytes, where: str) -> str:
    """The text of a whole source. Line ends stay as they are. Raises InputError, naming ``where`` and the line."""
    content = _without_marks_of_source(content, where)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        start = content.rfind(b"\n", 0, error.start) + 1
        raise InputError(f"{where}: line {number}: {_not_utf8(error, start)}") from error


def split_lines(text: str) -> list[str]:
    """The lines of a text, without their ends. What follows the last line feed is a line unless it is empty."""
    lines = text.replace("\r\n", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def read_text(path: Path) -> str:
    """The text of a file. Raises InputError as :func:`text_of` does, and OSError for a file that cannot be read."""
    return text_of(path.read_bytes(), str(path))


def argument_text(argument: str, where: str) -> str:
    """The text of a command-line argument: its bytes as UTF-8, without byte order marks at the start.

    Raises InputError, naming ``where``, when they are not UTF-8.
    """
    if argument.isascii():
        return argument
    try:
        content = os.fsencode(argument)
    except UnicodeEncodeError:  # not from a command line: given by a Python program
        content = argument.encode("utf-8", "surrogatepass")
    content = _without_marks(content)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: {_not_utf8(error)}") from error


def _without_marks_of_source(content: bytes, where: str) -> bytes:
    for mark, encoding in OTHER_MARKS:
        if content.startswith(mark):
            raise InputError(
                f"{where}: starts with the byte order mark of {encoding}, expected UTF-8; convert it with "
                f"iconv -f {encoding} -t UTF-8"
            )
    return _without_marks(content)


def _without_marks(content: bytes) -> bytes:
    """Two files that were joined may begin with two marks, when the first is empty."""
    while content.startswith(BYTE_ORDER_MARK):
        content = content[len(BYTE_ORDER_MARK) :]
    return content


def _not_utf8(error: UnicodeDecodeError, start: int = 0) -> str:
    """What is wrong, in the words of the kernel. The place is counted from ``start`` on."""
    return (
        f"byte {error.start - start} ({error.object[error.start]:#04x}) is not UTF-8; convert the text, for example with "
        "iconv -f WINDOWS-1252 -t UTF-8"
    )
