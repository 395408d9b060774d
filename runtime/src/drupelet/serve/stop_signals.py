"""The signals of a server: which end it, and which has it load its models again."""

from __future__ import annotations

import signal

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any


class StopSignals:
    """Has SIGTERM and SIGINT stop a server, and SIGHUP hang up, inside the block. A second SIGTERM ends the process."""

    def __init__(self, stop: Callable[[], None], hang_up: Callable[[], None]) -> None:
        self._stop = stop
        self._hang_up = hang_up
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for name, handler in (("SIGTERM", self._end), ("SIGINT", self._end), ("SIGHUP", self._again)):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None:
                self._before[number] = signal.signal(number, handler)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self, number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self._stop()

    def _again(self, number: int, _: FrameType | None) -> None:
        self._hang_up()
