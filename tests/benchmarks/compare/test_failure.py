"""A reason is one line, whatever a program wrote before it ended."""

from __future__ import annotations

import subprocess

import pytest

from benchmarks.compare.failure import MOST_CHARACTERS, ended, reason_of, shortened


@pytest.mark.parametrize(
    ("status", "stderr", "reason"),
    [
        (1, "Traceback\n  File\nValueError: odd\n\n", "ValueError: odd (exit status 1)"),
        (-11, "", "killed by SIGSEGV"),
        (-6, "free(): invalid pointer\n", "free(): invalid pointer (killed by SIGABRT)"),
    ],
)
def test_how_a_process_ended(status: int, stderr: str, reason: str) -> None:
    assert ended(status, stderr) == reason
    assert reason_of(subprocess.CalledProcessError(status, "x", stderr=stderr)) == reason


def test_a_time_limit_is_a_reason() -> None:
    assert reason_of(subprocess.TimeoutExpired("x", 1.5)) == "not done after 1.5 s"


def test_a_long_line_is_cut() -> None:
    assert shortened("first\nsecond") == "first"
    assert shortened("") == ""
    assert len(shortened("x" * 1000)) == MOST_CHARACTERS
