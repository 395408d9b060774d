"""Writes wheels and sdists. The same files give the same bytes: they are sorted, of one date, with one set of permissions."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import tarfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

HATCHLING_EPOCH = 1580601600
"""2020-02-02, the date that hatchling writes, so the three distributions have the same."""
MODE = 0o644
UNIX = 3
"""The system of a zip entry whose attributes are a mode of Unix."""


def epoch() -> int:
    """The date of every file, in seconds since 1970."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", HATCHLING_EPOCH))


def write_wheel(path: Path, files: Mapping[str, bytes], folder: str, metadata: Mapping[str, bytes]) -> None:
    """Writes a wheel: the files, then those of the metadata, then the RECORD of all in the metadata's ``folder``."""
    ordered = {name: part[name] for part in (files, metadata) for name in sorted(part)}
    record = f"{folder}/RECORD"
    lines = [f"{name},{hash_of(content)},{len(content)}" for name, content in ordered.items()]
    ordered[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    date = time.gmtime(epoch())[:6]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ordered.items():
            entry = zipfile.ZipInfo(name, date)
            entry.create_system, entry.external_attr = UNIX, (0o100000 | MODE) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


def hash_of(content: bytes) -> str:
    """The hash of a file as RECORD has it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def write_sdist(path: Path, folder: str, files: Mapping[str, bytes]) -> None:
    """Writes an sdist with these files below ``folder``. There are no entries of folders: unpacking makes them."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", mtime=epoch(), fileobj=raw) as packed,  # no name, and a fixed date in the header
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name in sorted(files):
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size, member.mtime, member.mode = len(files[name]), epoch(), MODE
            archive.addfile(member, io.BytesIO(files[name]))
