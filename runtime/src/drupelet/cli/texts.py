"""The texts of a command: arguments, lines of a file, or lines of stdin."""

from __future__ import annotations

import argparse
import os
import sys
from errno import EBADF

from drupelet.cli.number_option import number_within
from drupelet.errors import InputError
from drupelet.text_source import CHUNK_BYTES, MAX_LINE_BYTES, argument_text, utf8_lines_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from drupelet.text_source import ByteStream


def declare_texts(parser: argparse.ArgumentParser, what: str) -> None:
    """Declares the options that :func:`given_texts` reads. ``what`` begins the help: the texts, and what is done with them."""
    parser.add_argument(
        "text", nargs="*", default=[], help=f"{what}; none, or a single -, reads one text per line from stdin"
    )
    parser.add_argument("--file", metavar="F", help="read one text per line from this file (UTF-8)")
    parser.add_argument(
        "--max-line-bytes",
        type=number_within(1, MAX_LINE_BYTES),
        default=MAX_LINE_BYTES,
        metavar="N",
        help=f"refuse a longer line, its end included (default, and most: {MAX_LINE_BYTES})",
    )


def given_texts(options: argparse.Namespace) -> Iterator[str]:
    """The texts, as they come. Raises InputError as :func:`given_utf8` does."""
    return map(bytes.decode, given_utf8(options))


def given_utf8(options: argparse.Namespace) -> Iterator[bytes]:
    """The texts as UTF-8, as they come.

    Without texts, stdin is read where it is no terminal. Raises InputError for none, for both kinds at once, and for bytes
    that are not UTF-8.
    """
    if options.file is not None and options.text:
        raise InputError("texts and --file together; give one or the other")
    if options.file is not None:
        return _lines_of_file(options.file, options)
    if options.text == ["-"]:
        return LinesOfStdin(options.max_line_bytes)
    if not options.text:
        if sys.stdin is not None and not sys.stdin.isatty():
            return LinesOfStdin(options.max_line_bytes)
        raise InputError("no text; give texts, --file F, or - to read one text per line from stdin")
    return (argument_text(text, f"text {number}").encode() for number, text in enumerate(options.text, 1))


LOOK_AHEAD_BYTES = 1 << 20
"""Bytes of stdin that are taken ahead of the lines, as far as they have arrived."""


class LinesOfStdin:
    """The lines of stdin as UTF-8. :attr:`has_next` says whether the next one is there already."""

    def __init__(self, max_line_bytes: int) -> None:
        if sys.stdin is None:  # it was closed when the process began
            raise InputError(f"stdin: cannot be read ({os.strerror(EBADF)})")
        self._stream: ByteStream = sys.stdin.buffer  # type: ignore[assignment]  # a BufferedReader, which has read1
        self._ends_ahead = 0  # line ends that were read, less the lines that were given
        self._ahead: list[bytes | OSError] = []  # what :meth:`look_ahead` met; last the end (no bytes), or an error
        self._lines = utf8_lines_of(self, "stdin", max_line_bytes)

    def read1(self, size: int = -1, /) -> bytes:
        """What :func:`utf8_lines_of` reads, on its way to it."""
        if not self._ahead:
            return self._counted(size)
        met = self._ahead.pop(0)
        if isinstance(met, OSError):
            raise met
        return met

    def look_ahead(self) -> None:
        """Takes what has arrived since, so that :attr:`has_next` knows of it. Waits for nothing."""
        taken = 0
        while taken < LOOK_AHEAD_BYTES and not (self._ahead and not self._ahead[-1]) and _has_arrived(sys.stdin.buffer):
            try:
                met = self._counted(CHUNK_BYTES)
            except OSError as error:
                self._ahead.append(error)
                return
            self._ahead.append(met)
            taken += len(met)

    def _counted(self, size: int) -> bytes:
        content = self._stream.read1(size)
        self._ends_ahead += content.count(b"\n")
        return content

    @property
    def has_next(self) -> bool:
        """Whether the end of the next line was read."""
        return self._ends_ahead > 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = next(self._lines)
        self._ends_ahead -= 1
        return line


def _has_arrived(stream: BinaryIO) -> bool:
    """Whether a read of the stream would not wait. False where nobody can tell: no descriptor, or Windows."""
    import select

    if not hasattr(select, "poll"):
        return False
    try:
        poll = select.poll()
        poll.register(stream.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except (AttributeError, OSError):  # a stream in memory, in the place of stdin
        return False


def _lines_of_file(path: str, options: argparse.Namespace) -> Iterator[bytes]:
    try:
        stream = open(path, "rb")  # noqa: PTH123, SIM115 - without pathlib; the lines close it
        stream.peek(1)  # a folder opens, and fails only here
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a NUL or a lone surrogate in the name
        raise InputError(f"{path!r}: cannot be read ({error})") from error
    return utf8_lines_of(stream, path, options.max_line_bytes)
