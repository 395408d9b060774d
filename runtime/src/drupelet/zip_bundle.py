"""Reads a bundle that is packed in a .zip, in place."""

from __future__ import annotations

import zipfile
import zlib

from drupelet.errors import FormatError, IntegrityError

BOUNDED_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those of which zipfile unpacks no more than it is asked for; of bzip2 and lzma it unpacks as much as a small input holds."""


def is_zip(path: str) -> bool:
    """Whether the file is a .zip, by the directory at its end."""
    return zipfile.is_zipfile(path)


def read_from_zip(path: str, name: str, limit_bytes: int) -> bytes:
    """At most ``limit_bytes + 1`` bytes of a member. Raises IntegrityError when it is missing, FormatError when damaged."""
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
