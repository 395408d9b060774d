"""Reads the files of a bundle in a .zip, without unpacking it."""

from __future__ import annotations

import zipfile
import zlib

from drupelet.errors import FormatError, IntegrityError

BOUNDED_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compressions that zipfile unpacks no further than it is asked to. A small bzip2 or lzma input may unpack to any size."""


def is_zip(path: str) -> bool:
    """Whether the file is a .zip: whether it has a directory at its end."""
    return zipfile.is_zipfile(path)


def read_from_zip(path: str, name: str, limit_bytes: int) -> bytes:
    """At most ``limit_bytes + 1`` bytes of a member. Raises IntegrityError when missing, FormatError when damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(name)
            if member.compress_type not in BOUNDED_COMPRESSIONS:
                raise FormatError(
                    f"{path}: {name} is neither stored nor deflated; pack the bundle again with plain zip"
                )
            with archive.open(member) as file:
                return file.read(limit_bytes + 1)
    except KeyError as error:
        raise IntegrityError(f"{path}: {name} is missing; copy the bundle again") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise FormatError(f"{path}: {name} cannot be unpacked ({error}); copy the bundle again") from error
