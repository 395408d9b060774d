"""Stdin, stdout and stderr as a process finds them: any of them may be closed, full, or a pipe that nobody reads."""

from __future__ import annotations

import contextlib
import io
import os
import sys

TYPE_CHECKING = False  # see drupelet/__init__.py

if TYPE_CHECKING:
    from typing import TextIO

    from typing_extensions import Buffer


def occupy_closed_descriptors() -> None:
    """Opens the null device where descriptor 0, 1 or 2 is closed.

    Otherwise the next file that the process opens gets that number, and what a library prints goes into the file.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)


def unfailing_text(descriptor: int) -> TextIO:
    """A stream for messages, onto a descriptor that it does not close. Nobody can be told that a message cannot be written."""
    raw = _Unfailing(descriptor, "w", closefd=False)
    encoding = getattr(sys.__stderr__, "encoding", None)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=True)


class _Unfailing(io.FileIO):
    def write(self, content: Buffer) -> int:
        with contextlib.suppress(OSError):  # full, or nobody reads it
            written = super().write(content)
            if written is not None:  # None: a pipe that does not wait is full
                return written
        return memoryview(content).nbytes


def discard_stdout() -> None:
    """Discards the rest of our output: Python would fail again when it flushes stdout at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
