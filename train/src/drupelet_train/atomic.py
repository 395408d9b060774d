"""Writes files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from drupelet.errors import InputError

TEMPORARY_PREFIX = ".unfinished-"
"""Prefix of the name of a file that is still being written. Such a file may be deleted at any time."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path in the same folder, with the same suffix and a name that no other process chooses.

    After the block the file is renamed to ``path``. The bytes are on the disk before, so that a crash leaves the old file or
    the new one. Raises InputError when the file cannot be written (a full disk, no permission); the old file is then untouched.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written: {error.strerror or error}; expected a writable folder with free space; the old "
            "file, if there was one, is untouched: make room, or name another folder, and run the command again"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def drop_unfinished(folder: Path, older_than_s: float = 0.0) -> None:
    """Deletes the files in ``folder`` that killed processes were writing, and have not written for so many seconds."""
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        with suppress(OSError):  # its writer renamed it
            if time.time() - path.stat().st_mtime >= older_than_s:
                path.unlink()


def replace_text(path: Path, text: str) -> None:
    """Writes ``text`` to ``path`` as UTF-8, atomically. Raises InputError as :func:`replacing` does."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
