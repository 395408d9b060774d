"""A line of progress: only where people look, only after two seconds, and gone at the end."""

import io
import sys

import pytest

from drupelet.cli import progress
from drupelet.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_it_is_shown_after_two_seconds_and_taken_away(monkeypatch, clock):
    monkeypatch.setattr(sys, "stderr", Terminal())
    shown = Progress("texts", 5000)
    clock[0] = 1.9
    shown.add(100)
    assert sys.stderr.getvalue() == ""
    clock[0] = 2.0
    shown.add(900)
    assert sys.stderr.getvalue() == "\r\x1b[K1,000 of 5,000 texts, 500 a second"
    clock[0] = 2.4
    shown.add(900)
    assert sys.stderr.getvalue().count("texts") == 1
    shown.close()
    shown.close()
    assert sys.stderr.getvalue().endswith("\r\x1b[K")
    assert sys.stderr.getvalue().count("\r") == 2


@pytest.mark.parametrize(
    ("share", "left"),
    [
        (None, ""),
        (0.0, ""),
        (1e-9, ", 0%, 2777777:46:30 left"),
        (0.25, ", 25%, 0:00:30 left"),
        (0.001, ", 0%, 2:46:30 left"),
        (1.0, ", 100%, 0:00:00 left"),
    ],
)
def test_a_share_says_how_long_the_rest_takes(monkeypatch, clock, share, left):
    monkeypatch.setattr(sys, "stderr", Terminal())
    shown = Progress("rows")
    clock[0] = 10.0
    shown.add(5000, share)
    assert sys.stderr.getvalue() == f"\r\x1b[K5,000 rows, 500 a second{left}"


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_nothing_is_shown_where_nobody_looks(monkeypatch, clock, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    shown = Progress("texts")
    clock[0] = 10
    shown.add(1)
    shown.close()
    assert stream is None or stream.getvalue() == ""
