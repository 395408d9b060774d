"""A lock on a folder, for runs that must not work in it at the same time. It ends with the process, however that ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import contextmanager

if sys.platform != "win32":
    import fcntl

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POLL_S = 0.2
"""Seconds between two attempts to get a lock that another process holds."""


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Locks ``folder`` until the end of the block. Yields False, at once, when another process holds the lock.

    On Windows, and on a file system without locks, there is none, and it yields True. Raises OSError when the folder cannot be
    opened.
    """
    if sys.platform == "win32":
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        held = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held = False
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise
        yield held
    finally:
        os.close(descriptor)


@contextmanager
def locked_after_others(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Waits until no other process holds the lock of ``folder``, then holds it until the end of the block.

    ``waiting`` is called before every further attempt. An exception that it raises ends the waiting.
    """
    while True:
        with locked(folder) as held:
            if held:
                yield
                return
        waiting()
        time.sleep(POLL_S)
