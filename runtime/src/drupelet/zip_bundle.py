"""Reads the files of a bundle in a .zip, without unpacking it."""

from __future__ import annotations

import os
import zipfile
import zlib
from contextlib import contextmanager
from io import SEEK_END

from drupelet.bounded_read import read_at_most
from drupelet.errors import FormatError, IntegrityError
from drupelet.regular_file import open_regular_file
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

BOUNDED_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compressions that zipfile unpacks no further than it is asked to. A small bzip2 or lzma input may unpack to any size."""
MAX_DIRECTORY_BYTES = 1 << 20
"""Largest directory of a .zip that is read. An entry has some hundred bytes, and neither a bundle nor a .keras file has a
hundred files. zipfile makes an object of each entry: a million of them take 600 MB."""
MAX_UNPACKED_RATIO = 64
"""Bytes that a byte of a .zip may unpack to. Deflate makes up to 1,032 of one, where nearly all are zero. Those of bundles and
of Keras files unpack to 16 at most (weights that were not trained, goldens of long texts)."""
FREE_UNPACKED_BYTES = 1 << 24
"""Bytes that any .zip may unpack to. A small bundle may be all repetitions."""


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The .zip in an open file. Raises zipfile.BadZipFile when it is none, or its directory has too many bytes."""
    bounded = _BoundedReads(file)
    archive = zipfile.ZipFile(bounded)
    bounded.limit = None
    return archive


def check_unpacked_size(archive: zipfile.ZipFile, unpacked_bytes: int, where: str) -> None:
    """Raises FormatError, before anything is unpacked, when so many bytes are too many for a .zip of that size."""
    file = archive.fp
    assert file is not None, "the archive is open"  # noqa: S101 - for mypy
    packed_bytes = file.seek(0, SEEK_END)
    most = FREE_UNPACKED_BYTES + MAX_UNPACKED_RATIO * packed_bytes
    if unpacked_bytes > most:
        raise FormatError(
            f"{where}: unpacks to {unpacked_bytes} bytes, expected at most {most} of an archive of {packed_bytes} bytes; do "
            "not use it unless you know where it comes from, else pack it again with zip -0"
        )


class _BoundedReads:
    """A file whose reads are small until the limit is taken off: when zipfile opens it, it reads the directory in one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.limit: int | None = MAX_DIRECTORY_BYTES
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        if self.limit is None:
            return self._file.read(size)
        content = self._file.read(self.limit + 1 if size < 0 else min(size, self.limit + 1))
        if len(content) > self.limit:
            raise zipfile.BadZipFile(f"its directory has more than {self.limit} bytes")
        return content


def is_zip(path: str) -> bool:
    """Whether the file is a .zip: whether it has a directory at its end. In a device, the search for one fills the memory."""
    return os.path.isfile(path) and zipfile.is_zipfile(path)  # noqa: PTH113 - without pathlib


def folder_of(path: str, name: str) -> str:
    """The folder of the .zip that holds the member of that name, with its slash; empty where none, or more than one, does."""
    with _opened(path, name) as archive:
        names = archive.namelist()
    folders = [each[: -len(name)] for each in names if each.endswith("/" + name) and each.count("/") == 1]
    return folders[0] if len(folders) == 1 and name not in names else ""


class ZipFiles(Value):
    """The files of a .zip whose names begin with ``prefix``."""

    path: str
    prefix: str = ""

    def where(self, name: str) -> str:
        """See :meth:`drupelet.bundle.BundleFiles.where`."""
        return f"{self.path}: {self.prefix}{name}"

    def read(self, name: str, limit_bytes: int) -> bytes:
        """See :meth:`drupelet.bundle.BundleFiles.read`."""
        name = self.prefix + name
        with _opened(self.path, name) as archive:
            try:
                member = archive.getinfo(name)
            except KeyError as error:
                raise IntegrityError(f"{self.path}: {name} is missing; copy the bundle again") from error
            if member.compress_type not in BOUNDED_COMPRESSIONS:
                raise FormatError(
                    f"{self.path}: {name} is neither stored nor deflated; pack the bundle again with plain zip"
                )
            check_unpacked_size(archive, member.file_size, f"{self.path}: {name}")
            with archive.open(member) as file:
                return read_at_most(file, limit_bytes)


@contextmanager
def _opened(path: str, name: str) -> Iterator[zipfile.ZipFile]:
    """The .zip, opened for a member of that name. Raises FormatError when it or its directory is damaged."""
    try:
        with open_regular_file(path, "copy the bundle again") as file, open_zip(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise FormatError(f"{path}: {name} cannot be unpacked ({error}); copy the bundle again") from error
