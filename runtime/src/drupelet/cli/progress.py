"""A line on stderr that says how far a command is, where it takes longer than two seconds and people look."""

from __future__ import annotations

import sys
import time

from drupelet.cli.escaped_streams import unescaped

FIRST_AFTER_SECONDS = 2.0
EVERY_SECONDS = 0.5


class Progress:
    """Counts what is done, and shows it on the same line. ``total``: None where nobody knows it yet."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what, self._total, self._done = what, total, 0
        self._begin = time.monotonic()
        self._next = self._begin + FIRST_AFTER_SECONDS
        self._is_shown = False
        self._is_seen = sys.stderr is not None and sys.stderr.isatty()

    def add(self, count: int, share: float | None = None) -> None:
        """Counts as many more. ``share`` of the work that is done by then, where it is known, says how long the rest takes."""
        self._done += count
        now = time.monotonic()
        if not self._is_seen or now < self._next:
            return
        self._next = now + EVERY_SECONDS
        self._is_shown = True
        rate = self._done / (now - self._begin)
        of = "" if self._total is None else f" of {self._total:,}"
        left = f", {share:.0%}, {_minutes((now - self._begin) * (1 - share) / share)} left" if share else ""
        print(
            f"\r\x1b[K{self._done:,}{of} {self._what}, {rate:,.0f} a second{left}",
            end="",
            file=unescaped(sys.stderr),
            flush=True,
        )

    def close(self) -> None:
        """Takes the line away."""
        if self._is_shown:
            print("\r\x1b[K", end="", file=unescaped(sys.stderr), flush=True)
            self._is_shown = False


def _minutes(seconds: float) -> str:
    hours, minutes = divmod(round(seconds) // 60, 60)
    return f"{hours}:{minutes:02}:{round(seconds) % 60:02}"
