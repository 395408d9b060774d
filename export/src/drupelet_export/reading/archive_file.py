"""Reads a .keras file, a zip, that may be hostile: from its bytes, without unpacking more than it may hold."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drupelet.errors import FormatError
from drupelet.zip_bundle import BOUNDED_COMPRESSIONS, check_unpacked_size, open_zip
from drupelet_export.errors import ModelError
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.plain_config import parse_json

MAX_MODEL_BYTES = 1 << 30
"""Maximum bytes of a model file, and of an unpacked .keras file. Those of the models that ship have 0.9 MB, the vectors of
GloVe for 400,000 words 480."""
MAX_MEMBERS = 10_000
"""Maximum members. Keras writes three, and two for each vocabulary."""
_ENCRYPTED = 1
"""The bit for encryption in the flags of a zip member."""


@dataclass(frozen=True)
class ArchiveFile:
    """The parts of a .keras file: configuration, version, weights (HDF5), and vocabulary files by their paths."""

    config: Any
    version: KerasVersion
    weights: bytes
    vocabularies: Mapping[str, bytes]


def read_archive(content: bytes, where: str) -> ArchiveFile:
    """The parts of a .keras file. Raises ModelError that names it."""
    try:
        with open_zip(io.BytesIO(content)) as archive:
            _check_members(archive, where)
            names = archive.namelist()
            metadata = parse_json(archive.read("metadata.json"), where)
            if not isinstance(metadata, dict):
                raise ModelError(f"{where}: not a Keras model: metadata.json is no object; save it with model.save()")
            vocabularies = {
                name: archive.read(name)
                for name in names
                if name.startswith("assets/") and name.endswith("/vocabulary.txt")
            }
            return ArchiveFile(
                parse_json(archive.read("config.json"), where),
                KerasVersion(str(metadata.get("keras_version", "unknown"))),
                archive.read("model.weights.h5"),
                vocabularies,
            )
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ValueError, OSError, RuntimeError,
    ) as error:  # fmt: skip
        raise ModelError(f"{where}: not a .keras or .h5 model ({error}); save with model.save()") from error


def _check_members(archive: zipfile.ZipFile, where: str) -> None:
    """Raises ModelError unless every member has a name of its own and unpacks to a bounded size."""
    members = archive.infolist()
    for member in members:
        if member.flag_bits & _ENCRYPTED or member.compress_type not in BOUNDED_COMPRESSIONS:
            raise ModelError(
                f"{where}: not a .keras or .h5 model ({member.filename!r} is encrypted, or neither stored nor deflated); "
                "save with model.save()"
            )
    size = sum(member.file_size for member in members)
    if size > MAX_MODEL_BYTES:
        raise ModelError(f"{where}: unpacks to {size} bytes, expected at most {MAX_MODEL_BYTES}")
    try:
        check_unpacked_size(archive, size, where)
    except FormatError as error:
        raise ModelError(str(error)) from error
    if len(members) > MAX_MEMBERS or len({member.filename for member in members}) != len(members):
        raise ModelError(
            f"{where}: has {len(members)} members, expected at most {MAX_MEMBERS}, each with a name of its own"
        )
