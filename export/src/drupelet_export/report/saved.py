"""Reads a saved document: the ``parity.json`` of a bundle, or a file that ``drupelet parity --json`` printed."""

from __future__ import annotations

from pathlib import Path

from drupelet.bounded_read import read_at_most
from drupelet.bundle import Bundle, open_bundle
from drupelet.errors import FormatError, InputError
from drupelet.strict_json import parse_object
from drupelet.zip_bundle import is_zip
from drupelet_export.report.document import Document

MAX_DOCUMENT_BYTES = 32 << 20
"""Maximum bytes of a saved document. One with 200 flipped texts takes at most 4 MB, all others kilobytes."""
EXPECTED = "expected a bundle, or JSON that drupelet parity --json or drupelet verify --json printed"


def read_saved(path: Path) -> Document:
    """The saved document at a path: a bundle folder, a .zip of one, or a JSON file.

    Raises InputError when the path cannot be read or its bundle has no verdict, and FormatError, VersionError or
    IntegrityError when the content is damaged, of another version, or not a document.
    """
    try:
        if path.is_dir() or is_zip(str(path)):
            return _document_of(open_bundle(path))
        with path.open("rb") as file:
            content = read_at_most(file, MAX_DOCUMENT_BYTES)
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found; {EXPECTED}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {EXPECTED}") from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{str(path)!r:.200}: cannot be read ({error}); {EXPECTED}") from error
    return _document_in(content, str(path))


def _document_of(bundle: Bundle) -> Document:
    entry = bundle.manifest.parity
    if entry is None:
        raise InputError(f"{bundle.path}: has no parity.json; give a bundle that drupelet export wrote")
    where = f"{bundle.path}: {entry.file}"
    if entry.size_bytes > MAX_DOCUMENT_BYTES:
        raise FormatError(f"{where}: {entry.size_bytes} bytes, expected at most {MAX_DOCUMENT_BYTES}; export it again")
    return _document_in(bundle.read(entry), where)


def _document_in(content: bytes, where: str) -> Document:
    if len(content) > MAX_DOCUMENT_BYTES:
        raise FormatError(f"{where}: more than {MAX_DOCUMENT_BYTES} bytes; {EXPECTED}")
    try:
        value = parse_object(content, where)
    except FormatError as error:
        raise FormatError(f"{error}; {EXPECTED}") from error
    return Document.from_json(value, where)
