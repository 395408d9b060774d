"""The reason why a peer has no figure."""

from __future__ import annotations

import signal
import subprocess

MOST_CHARACTERS = 240


class PeerError(Exception):
    """A peer cannot be installed, loaded or asked. The message is one line that stands in its row."""


def reason_of(error: subprocess.CalledProcessError | subprocess.TimeoutExpired) -> str:
    """One line on a program that failed: its time limit, or how it ended."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"not done after {error.timeout:g} s"
    return ended(error.returncode, error.stderr or "")


def ended(status: int, stderr: str) -> str:
    """One line on how a process ended: the last line that it wrote, and its signal or status."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return shortened(f"{lines[-1]} ({how})" if lines else how)


def shortened(line: str) -> str:
    """The first line of a text, cut where it is too long for a table."""
    first = line.strip().splitlines()[0] if line.strip() else ""
    return first if len(first) <= MOST_CHARACTERS else f"{first[: MOST_CHARACTERS - 1]}…"
