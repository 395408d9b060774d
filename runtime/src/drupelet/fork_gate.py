"""Keeps a fork and the answers of other threads apart.

A fork copies the memory of all threads, and runs on in one of them. What another thread has locked at that moment stays locked
in the child for ever: a lock of ours, or one inside a foreign library, which nobody can take back. So a fork waits until the
answers that are on their way are there, and an answer that comes meanwhile waits for the fork.
"""

from __future__ import annotations

import os
import threading

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from types import TracebackType


class ForkGate:
    """A context manager for work that a fork must not cut in two. Threads do such work side by side, and it may nest."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._depths: dict[int, int] = {}  # by thread: how deep it is inside
        self._forks = 0  # that wait or are under way

    def __enter__(self) -> None:
        thread = threading.get_ident()
        with self._changed:
            while self._forks and thread not in self._depths:
                self._changed.wait()
            self._depths[thread] = self._depths.get(thread, 0) + 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        thread = threading.get_ident()
        with self._changed:
            self._depths[thread] -= 1
            if not self._depths[thread]:
                del self._depths[thread]
            if self._forks:
                self._changed.notify_all()

    def before_fork(self) -> None:
        """Waits until no other thread is inside, and keeps all out."""
        self._changed.acquire()
        self._forks += 1
        while self._depths.keys() - {threading.get_ident()}:
            self._changed.wait()

    def after_fork_in_parent(self) -> None:
        """Lets threads in again."""
        self._forks -= 1
        self._changed.notify_all()
        self._changed.release()

    def after_fork_in_child(self) -> None:
        """The thread that forked is the only one, with a lock that nobody holds."""
        self._changed = threading.Condition()
        self._forks = 0


FORK_GATE = ForkGate()
"""The one gate of this process."""

if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(
        before=FORK_GATE.before_fork,
        after_in_parent=FORK_GATE.after_fork_in_parent,
        after_in_child=FORK_GATE.after_fork_in_child,
    )
