"""The folder beside the destination in which a bundle is written, and the removal of those that killed exports left.

A running export holds a lock on its folder. The lock ends with the process, however the process ends. It also works across
containers and machines, where a process id means nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".partial"


@contextlib.contextmanager
def partial_folder(destination: Path) -> Iterator[Path]:
    """A new folder beside the destination, which is deleted with its content at the end of the block.

    Deletes the folders of killed exports first. Raises OSError when the folder cannot be made.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(destination)
    folder, descriptor = _locked_folder(destination)
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _locked_folder(destination: Path) -> tuple[Path, int]:
    """A new folder, and the descriptor that holds its lock."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", suffix=SUFFIX, dir=destination.parent))
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # another export took it for a leftover before it could be locked
        with contextlib.suppress(OSError):  # a file system without locks; _remove_leftovers deletes nothing there
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if folder.exists():
            return folder, descriptor
        os.close(descriptor)


def _remove_leftovers(destination: Path) -> None:
    """Removes the folders of exports to the same destination that no living process has locked."""
    name = re.compile(rf"\.{re.escape(destination.name)}\.[a-z0-9_]{{8}}{re.escape(SUFFIX)}")
    for folder in destination.parent.iterdir():
        if not name.fullmatch(folder.name) or folder.is_symlink():
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # OSError: another export is writing into it
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
