"""Signals that end the command: SIGINT, SIGTERM and SIGHUP become exceptions, so that what was begun is put away.

The exception waits while a document is written (:func:`held`). A second signal ends the process at once.
"""

from __future__ import annotations

import contextlib
import signal

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Terminated(BaseException):
    """The process received a signal that ends it: ``number``. Like KeyboardInterrupt it is no Exception."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.number = number


class _State:
    """The state of this process."""

    held = False
    waiting: int | None = None
    """The signal that came while signals were held."""


def turn_into_exceptions() -> None:
    """Has SIGINT raise KeyboardInterrupt, and SIGTERM and SIGHUP raise Terminated, unless they are ignored (``nohup``)."""
    expected = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    if hasattr(signal, "SIGHUP"):  # not on Windows
        expected[signal.SIGHUP] = signal.SIG_DFL
    for number, handler in expected.items():
        if signal.getsignal(number) == handler:
            signal.signal(number, _received)


def _received(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    if _State.held:
        _State.waiting = number
    else:
        _raise(number)


def _raise(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Signals that come inside the block raise their exception at its end."""
    before, _State.held = _State.held, True
    try:
        yield
    finally:
        _State.held = before
    _raise_waiting()


@contextlib.contextmanager
def released() -> Iterator[None]:
    """Inside a block of :func:`held`: signals raise their exception at once."""
    before, _State.held = _State.held, False
    try:
        _raise_waiting()
        yield
    finally:
        _State.held = before


def _raise_waiting() -> None:
    if _State.waiting is not None and not _State.held:
        number, _State.waiting = _State.waiting, None
        _raise(number)
