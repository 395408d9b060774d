"""Moves a new file or folder to its place in one step, and loses nothing that somebody else put there meanwhile."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from drupelet.errors import InputError

MAX_ATTEMPTS = 10
"""Maximum times that the place may turn from free to taken, or back, between two looks at it."""
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
_NOT_HERE = (errno.EINVAL, errno.ENOSYS)
"""The errors of a file system, or of a kernel, that cannot rename in this way."""


def take_place(new: Path, place: Path, check: Callable[[Path], None]) -> None:
    """Moves ``new`` to ``place``. What was there before is then at ``new``, for the caller to delete.

    ``check`` gets the path of what would be replaced, and raises where that must stay. It is asked again about what an exchange
    took away, as a file may have come in between; what must stay is then put back. Both paths are on one file system.

    Raises OSError when nothing could be moved.
    """
    for _ in range(MAX_ATTEMPTS):
        check(place)
        try:
            _move_to_free(new, place)
        except FileExistsError:
            try:
                _exchange(new, place)
            except FileNotFoundError:
                if not os.path.lexists(new):
                    raise
                continue  # what was there went away
            try:
                check(new)
            except BaseException:
                _exchange(new, place)
                raise
        return
    raise OSError(errno.EBUSY, "another program keeps changing it", str(place))


def _move_to_free(new: Path, place: Path) -> None:
    """Renames in one step. Raises FileExistsError, even for an empty folder there, where the system can tell."""
    if _renamed(new, place, _RENAME_NOREPLACE):
        return
    if os.path.lexists(place):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
    try:
        new.rename(place)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR):  # it came after the look
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from error
        raise


def _exchange(new: Path, place: Path) -> None:
    """Swaps both in one step where the system can. Elsewhere there is nothing at ``place`` for a moment."""
    if _renamed(new, place, _RENAME_EXCHANGE):
        return
    aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.old")
    place.rename(aside)
    try:
        new.rename(place)
    except OSError as error:
        try:
            aside.rename(place)
        except OSError:
            raise InputError(
                f"{place}: cannot be written ({error.strerror}); what was there is now at {aside}, move it back"
            ) from error
        raise
    aside.rename(new)


def _renamed(new: Path, place: Path, flags: int) -> bool:
    """Whether the system renamed with these flags; False when it cannot. Raises OSError for any other failure."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(place), flags) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_HERE:
        return False
    raise OSError(code, os.strerror(code), str(place))
