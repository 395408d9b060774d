"""Standard streams that do not wait for ever: for a service, where whoever is at the other end may do nothing."""

from __future__ import annotations

import argparse
import errno
import io
import os
import select
import sys

from drupelet.cli.escaped_streams import escape_standard_streams, unescaped
from drupelet.cli.number_option import number_within

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_IDLE_SECONDS = 86_400
"""A day: who waits longer does without the option."""

WRITTEN_BYTES = 4096
"""Most bytes that one call writes. A pipe that is ready takes so many (PIPE_BUF), a socket more: the call itself never
waits."""


def idle_seconds(given: str) -> int:
    """The value of ``--idle-seconds``. Raises ArgumentTypeError for anything but seconds up to a day, and on Windows."""
    if not hasattr(select, "poll"):
        raise argparse.ArgumentTypeError("not on Windows, which cannot wait for a pipe with a limit")
    return number_within(1, MAX_IDLE_SECONDS)(given)


def limit_idle(seconds: int) -> None:
    """Replaces ``sys.stdin`` and ``sys.stdout`` by streams that raise TimeoutError when a wait takes longer than this."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        reader = io.BufferedReader(_TimedInput(sys.stdin.fileno(), seconds))
        sys.stdin = io.TextIOWrapper(reader, encoding=sys.stdin.encoding)
    shown = unescaped(sys.stdout)
    if isinstance(shown, io.TextIOWrapper):
        shown.flush()
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_TimedOutput(shown.fileno(), seconds)),
            encoding=shown.encoding,
            errors=shown.errors,
            line_buffering=shown.line_buffering,
        )
        escape_standard_streams()


class _Timed(io.RawIOBase):
    """A descriptor, which stays open, and the longest wait for it."""

    def __init__(self, descriptor: int, seconds: int) -> None:
        self._descriptor = descriptor
        self._seconds = seconds

    def fileno(self) -> int:
        return self._descriptor

    def _wait(self, event: int, what_failed: str) -> None:
        poll = select.poll()
        poll.register(self._descriptor, event)
        if not poll.poll(self._seconds * 1000):
            raise TimeoutError(errno.ETIMEDOUT, what_failed.format(f"for {self._seconds} s"))


class _TimedInput(_Timed):
    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        self._wait(select.POLLIN, "nothing came {}")  # text_source says of which stream
        return os.readv(self._descriptor, [buffer])


class _TimedOutput(_Timed):
    def writable(self) -> bool:
        return True

    def write(self, content: Buffer, /) -> int:
        self._wait(select.POLLOUT, "stdout: cannot be written (nothing was taken {})")
        return os.write(self._descriptor, memoryview(content)[:WRITTEN_BYTES])
