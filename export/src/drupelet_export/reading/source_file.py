"""Reads the files of a model, which may be hostile: regular files alone, bounded, and none outside of its folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from drupelet.bounded_read import read_at_most
from drupelet.regular_file import open_regular_file
from drupelet_export.errors import ModelError

COPIED_BYTES = 1 << 20
"""Bytes that a copy reads at once."""


def open_source_file(path: Path, within: Path | None = None) -> BinaryIO:
    """A file of a model, open to be read. ``within``: the folder that it must lie in, wherever links lead.

    Raises ModelError for a file outside, FormatError for what is no regular file, OSError when it cannot be opened.
    """
    if within is not None:
        _check_inside(path, within)
    file = open_regular_file(str(path), "give the model itself")
    try:
        if within is not None:
            place = _check_inside(path, within)  # the name may mean another file by now; what is open stays what it is
            if not os.path.samestat(place.stat(), os.fstat(file.fileno())):
                raise ModelError(f"{path}: was replaced while it was read; try again")
    except BaseException:
        file.close()
        raise
    return file


def read_source_file(path: Path, limit_bytes: int, within: Path | None = None, next_step: str = "") -> bytes:
    """The bytes of a file of a model.

    Raises as :func:`open_source_file`, and ModelError, which ends with ``next_step``, when there are more than the limit.
    """
    with open_source_file(path, within) as file:
        if os.fstat(file.fileno()).st_size > limit_bytes:  # a sparse file takes no room until it is read
            raise _too_long(path, limit_bytes, next_step)
        content = read_at_most(file, limit_bytes)
    if len(content) > limit_bytes:
        raise _too_long(path, limit_bytes, next_step)
    return content


def copy_source_file(path: Path, limit_bytes: int, within: Path, copy: Path) -> tuple[int, str]:
    """Copies a file of a model; returns the number and the SHA-256 of the copied bytes. Raises as :func:`read_source_file`."""
    digest, size = hashlib.sha256(), 0
    with open_source_file(path, within) as file, copy.open("xb") as written:
        while part := file.read(COPIED_BYTES):
            size += len(part)
            if size > limit_bytes:
                raise _too_long(path, limit_bytes)
            digest.update(part)
            written.write(part)
    return size, digest.hexdigest()


def joined_digest(digests: Sequence[str]) -> str:
    """The SHA-256 that stands for several files, in their order: that of a single one, else of all SHA-256, a line each."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _check_inside(path: Path, within: Path) -> Path:
    """Where a path leads."""
    place = Path(os.path.realpath(path))
    if not place.is_relative_to(os.path.realpath(within)):
        raise ModelError(
            f"{path}: a link out of {within}, so it is not read; next: if you know where it comes from, give a copy with "
            "the files themselves (cp -RL)"
        )
    return place


def _too_long(path: Path, limit_bytes: int, next_step: str = "") -> ModelError:
    return ModelError(f"{path}: has more than {limit_bytes} bytes, which no text classifier for a Pi has{next_step}")
