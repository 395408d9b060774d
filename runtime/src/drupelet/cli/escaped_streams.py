"""The standard streams as a command writes to them: a control character comes out as its escape, whoever prints it.

A name, a path, a message of a library and the traceback of a user's function may hold what whoever made the file put in:
an escape sequence that rewrites the screen, or a character that turns the line around.
"""

from __future__ import annotations

import io
import sys

from drupelet.control_characters import escaped

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TextIO


class EscapedStream:
    """A text stream that escapes all control characters but line feeds and tabs.

    ``unescaped`` is the stream that it writes to.
    """

    def __init__(self, unescaped: TextIO) -> None:
        self.unescaped = unescaped

    def write(self, text: str) -> int:
        """Writes the text; returns the number of its characters, as any text stream does."""
        self.unescaped.write(escaped(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes the lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unescaped, name)


def escape_standard_streams() -> None:
    """Has stdout and stderr of this process escape what is written to them, until it ends: a traceback comes last.

    What the encoding of a terminal lacks is escaped too, so that a label is no crash. Call it again for a stream that
    was put in place of one of them.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        if stream is not None and not isinstance(stream, EscapedStream):
            setattr(sys, name, EscapedStream(stream))


def unescaped(stream: TextIO) -> TextIO:
    """The stream for what must come out raw: a bar that is drawn in place, the prints of a user's own function."""
    found: TextIO = getattr(stream, "unescaped", stream)
    return found
