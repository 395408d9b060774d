"""Text from outside: what a line, a byte order mark and bytes that are not UTF-8 mean, whatever the source is.

* A line ends at a line feed; one carriage return before it belongs to the line end. Every other character stands inside a line.
* UTF-8 byte order marks at the start of a source, of a line that is a text, and of an argument are removed: joined files have
  them at the start of lines. Anywhere else U+FEFF is a character of the text.
* Text is UTF-8. The locale decides nothing. Other bytes raise InputError, with the place and the way to convert them.

``program/lines.c`` of an executable follows the same rules (docs/decisions/0019), and one table of tests holds for both.
"""

from __future__ import annotations

import os

from drupelet.bounded_read import read_at_most
from drupelet.errors import InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Protocol

    class ByteStream(Protocol):
        """What lines are read from: a buffered reader, for example."""

        def read1(self, size: int = -1, /) -> bytes:
            """At most that many bytes, as soon as there is one; none at the end."""


MAX_LINE_BYTES = 1 << 24
"""Longest line, its end included. A line of 16 MiB is more likely a file without line ends, which must not fill the memory
of a Pi."""
MAX_DOTS_IN_A_LINE = 128
"""Most dots of a line of a TOML file. The time of Python's tomllib grows with the square of the parts of a dotted key: 1 MiB of
one takes hours, 1 MiB of keys of 128 parts takes seconds."""

CHUNK_BYTES = 1 << 16
"""Most bytes that a stream is asked for at a time."""

LINE_FEED, CARRIAGE_RETURN = b"\n\r"
MAX_CONTINUATION_BYTES = 3
"""Bytes of a character behind its first one."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OTHER_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
"""Byte order marks of encodings that are refused. The longer one of two that begin alike comes first."""


def lines_of(
    stream: ByteStream, where: str, expected: str = "one text per line", line_ends: bool = False
) -> Iterator[str]:
    """Yields the lines of a stream as they come, in constant memory; with their ends where ``line_ends`` is true.

    No line begins with a byte order mark, unless ``line_ends`` is true: then the lines are parts of a text.
    What follows the last line feed is a line unless it is empty. Raises InputError, naming ``where`` and the line, for bytes
    that are not UTF-8, for a line beyond :data:`MAX_LINE_BYTES`, and for a stream that cannot be read. The lines before that
    come first.
    """
    for number, line in enumerate(_cut_lines(stream, where, expected, MAX_LINE_BYTES, line_ends), 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: line {number}: {_not_utf8(error)}") from error
        yield text


def utf8_lines_of(stream: ByteStream, where: str, max_line_bytes: int = 0) -> Iterator[bytes]:
    """Yields the lines of a stream as :func:`lines_of` does, without ends, as the bytes of well-formed UTF-8.

    A line takes its bytes once here, and twice while it is read. A str with one character beyond U+FFFF would take them four
    times. ``max_line_bytes`` may be less than :data:`MAX_LINE_BYTES`, which 0 stands for.
    """
    number = 0
    for line in _cut_lines(stream, where, "one text per line", max_line_bytes or MAX_LINE_BYTES):
        number += 1  # noqa: SIM113 - enumerate would hold a line until the next one is there
        if not line.isascii():
            _check_utf8(line, f"{where}: line {number}")
        yield line
        del line  # two long lines are never held at once


def _cut_lines(
    stream: ByteStream, where: str, expected: str, max_line_bytes: int, line_ends: bool = False
) -> Iterator[bytes]:
    """Yields the lines of a stream as they come. A long one is copied once, and not held any longer than the caller does."""
    number = 0  # of the lines that were given
    pending = bytearray()
    while True:
        searched = len(pending)
        try:
            chunk = stream.read1(CHUNK_BYTES)
        except OSError as error:
            raise InputError(f"{where}: cannot be read ({error.strerror})") from error
        pending += chunk
        while True:
            first = pending.find(b"\n", searched) + 1
            if (first or len(pending)) > max_line_bytes:
                raise InputError(
                    f"{where}: line {number + 1} is longer than {max_line_bytes} bytes; expected {expected}"
                )
            if not first and (chunk or not pending):
                break
            if number == 0:
                _refuse_other_marks(pending, where)
            if number == 0 or not line_ends:
                mark = _mark_bytes(pending)
                del pending[:mark]
                first -= mark if first else 0
            searched = 0
            if not first or first > CHUNK_BYTES:
                line = _take(pending, first or len(pending), line_ends)
                number += 1
                yield line
                del line
                continue
            block = _take(pending, pending.rfind(b"\n") + 1, line_ends=True)
            start = 0  # of a line
            while start < len(block):
                stop = block.find(b"\n", start) + 1
                if stop - start > max_line_bytes:
                    raise InputError(
                        f"{where}: line {number + 1} is longer than {max_line_bytes} bytes; expected {expected}"
                    )
                number += 1
                if line_ends:
                    yield block[start:stop]
                else:
                    start += _mark_bytes(block, start)
                    yield block[start : stop - _end_bytes(block, start, stop)]
                start = stop
        if not chunk:
            return


def _take(pending: bytearray, stop: int, line_ends: bool) -> bytes:
    """Cuts the bytes up to ``stop`` off a buffer, without the line end there unless ``line_ends`` is true."""
    with memoryview(pending) as view:
        taken = bytes(view[: stop if line_ends else stop - _end_bytes(pending, 0, stop)])
    del pending[:stop]
    return taken


def _end_bytes(content: bytes | bytearray, start: int, stop: int) -> int:
    """Bytes of the line end before ``stop``, of a line that begins at ``start``."""
    if stop == start or content[stop - 1] != LINE_FEED:
        return 0
    return 2 if stop - 1 > start and content[stop - 2] == CARRIAGE_RETURN else 1


def _check_utf8(line: bytes, where: str) -> None:
    """Raises InputError for bytes that are not UTF-8. Decodes a piece at a time: a str of the whole would be large."""
    start = 0
    while start < len(line):
        stop = min(start + CHUNK_BYTES, len(line))
        for _ in range(MAX_CONTINUATION_BYTES):  # back to the start of a character
            if stop < len(line) and line[stop] & 0xC0 == 0x80:
                stop -= 1
        try:
            line[start:stop].decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: {_not_utf8(error, -start)}") from error
        start = stop


def text_of(content: bytes, where: str) -> str:
    """The text of a whole source. Line ends stay as they are. Raises InputError, naming ``where`` and the line."""
    _refuse_other_marks(content, where)
    content = content[_mark_bytes(content) :]
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


def read_text(path: Path, limit_bytes: int = MAX_LINE_BYTES) -> str:
    """The text of a file. Raises InputError as :func:`text_of` does and for a longer file, OSError when it cannot be read."""
    with path.open("rb") as file:
        content = read_at_most(file, limit_bytes)
    if len(content) > limit_bytes:
        raise InputError(
            f"{path}: has more than {limit_bytes} bytes, expected a text of at most so many; name another file"
        )
    return text_of(content, str(path))


def read_settings(path: Path, limit_bytes: int) -> str:
    """The text of a TOML file, whose lines have few dots. Raises as :func:`read_text`, and InputError for more dots."""
    text = read_text(path, limit_bytes)
    for number, line in enumerate(text.split("\n"), 1):
        if (dots := line.count(".")) > MAX_DOTS_IN_A_LINE:
            raise InputError(
                f"{path}: line {number}: {dots} dots, expected at most {MAX_DOTS_IN_A_LINE}; write a long list on several lines"
            )
    return text


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
    content = content[_mark_bytes(content) :]
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: {_not_utf8(error)}") from error


def _mark_bytes(content: bytes | bytearray, start: int = 0) -> int:
    """Bytes of the byte order marks at that place: two files that were joined may begin with two, when the first is empty."""
    stop = start
    while content.startswith(BYTE_ORDER_MARK, stop):
        stop += len(BYTE_ORDER_MARK)
    return stop - start


def _refuse_other_marks(content: bytes | bytearray, where: str) -> None:
    """Raises InputError for a source that begins with the mark of another encoding."""
    for mark, encoding in OTHER_MARKS:
        if content.startswith(mark):
            raise InputError(
                f"{where}: starts with the byte order mark of {encoding}, expected UTF-8; convert it with "
                f"iconv -f {encoding} -t UTF-8"
            )


def _not_utf8(error: UnicodeDecodeError, start: int = 0) -> str:
    """What is wrong, in the words of the kernel. The place is counted from ``start`` on."""
    return (
        f"byte {error.start - start} ({error.object[error.start]:#04x}) is not UTF-8; convert the text, for example with "
        "iconv -f WINDOWS-1252 -t UTF-8"
    )
