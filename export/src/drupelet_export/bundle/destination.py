"""Checks the destination of a bundle. An older bundle there may be replaced; anything else is somebody's work and stays."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from drupelet.errors import InputError
from drupelet.manifest import FORMAT, MANIFEST_FILE, MAX_MANIFEST_BYTES
from drupelet.signature import SUFFIX
from drupelet.zip_bundle import BOUNDED_COMPRESSIONS, open_zip

NAMED_FILES = 5
"""Maximum number of foreign files that an error names."""


def resolve_destination(destination: Path) -> Path:
    """The destination itself, or where a symbolic link leads, so that the bundle is replaced and not the link."""
    if not destination.is_symlink():
        return destination
    try:
        return destination.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: up to Python 3.12, a link that leads to itself
        raise InputError(f"{destination}: a symbolic link that leads nowhere; choose another --out") from error


def check_destination(destination: Path) -> None:
    """Raises InputError when there is something at the destination that an export must not replace.

    An export may replace an empty folder, or a bundle of any version that holds only the files its manifest names, and
    its signature.
    """
    check_replaceable(destination, resolve_destination(destination))


def check_replaceable(destination: Path, place: Path) -> None:
    """As :func:`check_destination`, for what lies at ``place`` and is to be replaced at ``destination``."""
    if not os.path.lexists(place):
        return
    if place.is_symlink():
        raise InputError(f"{destination}: became a symbolic link meanwhile; choose another --out")
    if destination.suffix == ".zip":
        if not place.is_file() or not zipfile.is_zipfile(place):
            raise InputError(f"{destination}: exists and is not a .zip archive; choose another --out")
        names, manifest = _zip_content(place)
    elif place.is_dir():
        names, manifest = _folder_content(place)
        if not names:
            return
    else:
        names, manifest = [], b""
    listed = _listed_files(manifest)
    if listed is None:
        raise InputError(f"{destination}: exists and is not a bundle, so it is not replaced; choose another --out")
    foreign = sorted(set(names) - listed)
    if foreign:
        more = f" and {len(foreign) - NAMED_FILES} more" if len(foreign) > NAMED_FILES else ""
        raise InputError(
            f"{destination}: holds files that are not part of the bundle, so it is not replaced: "
            f"{', '.join(foreign[:NAMED_FILES])}{more}; move them elsewhere or choose another --out"
        )


def _folder_content(folder: Path) -> tuple[Collection[str], bytes]:
    """The names in a folder, those of folders with a slash at their end, and the start of its manifest."""
    try:
        names = [f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir()]
        if MANIFEST_FILE not in names or not (folder / MANIFEST_FILE).is_file():
            return names, b""
        with (folder / MANIFEST_FILE).open("rb") as file:
            return names, file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); choose another --out") from error


def _zip_content(path: Path) -> tuple[Collection[str], bytes]:
    """The names in a .zip, and the start of its manifest; both are empty when the archive is damaged."""
    try:
        with path.open("rb") as file, open_zip(file) as archive:
            if MANIFEST_FILE not in archive.namelist():
                return archive.namelist(), b""
            if archive.getinfo(MANIFEST_FILE).compress_type not in BOUNDED_COMPRESSIONS:
                return archive.namelist(), b""
            with archive.open(MANIFEST_FILE) as member:
                return archive.namelist(), member.read(MAX_MANIFEST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError):
        return [], b""


def _listed_files(manifest: bytes) -> set[str] | None:
    """The files that a manifest names, itself and its signature included; None when it is not the manifest of a bundle.

    A bundle that this release cannot read may be replaced too, so only the field that identifies a bundle is checked.
    """
    try:
        document = json.loads(manifest) if len(manifest) <= MAX_MANIFEST_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    return {MANIFEST_FILE, MANIFEST_FILE + SUFFIX} | {
        entry["file"] for entry in _entries(document) if isinstance(entry.get("file"), str)
    }


def _entries(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects of a manifest at the top level, and those in lists there."""
    values = [item for value in document.values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, dict)]
