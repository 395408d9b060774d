"""Signs a bundle, or any other file, and puts the signature where a reader looks for it."""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drupelet.bounded_read import read_at_most
from drupelet.bundle import MAX_FILE_BYTES, Bundle, open_bundle
from drupelet.control_characters import stands_in_a_line
from drupelet.errors import InputError
from drupelet.manifest import MANIFEST_FILE, MAX_MANIFEST_BYTES
from drupelet.regular_file import open_regular_file
from drupelet.signature import COMMENT, SIGNATURE_ALGORITHM, SUFFIX, TRUSTED_COMMENT, Signature, check_signature
from drupelet.zip_bundle import folder_of, is_zip, open_zip
from drupelet_export.signing.secret_key import SecretKey

MAX_COMMENT_BYTES = 1024
"""Longest trusted comment. minisign reads 8,192 bytes of one."""


@dataclass(frozen=True)
class Signed:
    """What was signed: where its signature lies, the SHA-256 of the bytes, and the verdict of a bundle (None for a file)."""

    place: str
    sha256: str
    signature: Signature
    verdict: str | None


def default_comment(name: str) -> str:
    """The comment that is signed where none is given."""
    return f"{name}, signed {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def check_comment(comment: str) -> str:
    """The comment, which can stand in a line. Raises InputError."""
    if not stands_in_a_line(comment) or len(comment.encode(errors="replace")) > MAX_COMMENT_BYTES:
        raise InputError(f"--comment {comment!r:.60}, expected one line of at most {MAX_COMMENT_BYTES} bytes")
    return comment


def signature_text(content: bytes, key: SecretKey, comment: str) -> bytes:
    """The signature file of these bytes."""
    signature = key.sign(hashlib.blake2b(content).digest())
    trusted = comment.encode()
    return b"\n".join(
        [
            COMMENT + b"signature from the key " + key.public.name.encode(),
            b64encode(SIGNATURE_ALGORITHM + key.number + signature),
            TRUSTED_COMMENT + trusted,
            b64encode(key.sign(signature + trusted)),
            b"",
        ]
    )


def sign(path: Path, key: SecretKey, comment: str | None = None) -> Signed:
    """Signs what lies there: a bundle through its manifest, any other file as it is. An older signature is replaced.

    Every file of a bundle is read and compared with the manifest before. The signature is checked as a device checks it.
    Raises InputError where it cannot be read or written, and the errors of :func:`drupelet.bundle.open_bundle`.
    """
    if path.is_dir() or _is_zipped_bundle(path):
        bundle = open_bundle(path)
        for entry in bundle.manifest.files():
            bundle.read(entry)
        return _sign_bundle(path, bundle, key, comment)
    content = _file_content(path)
    text, signature = _checked(content, key, comment or default_comment(path.name), str(path))
    place = path.with_name(path.name + SUFFIX)
    _replace(place, text)
    return Signed(str(place), hashlib.sha256(content).hexdigest(), signature, None)


def _sign_bundle(path: Path, bundle: Bundle, key: SecretKey, comment: str | None) -> Signed:
    assert bundle.files is not None, "a folder or a .zip"  # noqa: S101 - for mypy
    manifest = bundle.files.read(MANIFEST_FILE, MAX_MANIFEST_BYTES)
    where = bundle.files.where(MANIFEST_FILE)
    text, signature = _checked(manifest, key, comment or default_comment(MANIFEST_FILE), where)
    name = MANIFEST_FILE + SUFFIX
    if path.is_dir():
        _replace(path / name, text)
    else:
        _replace(path, text, folder_of(str(path), MANIFEST_FILE) + name)
    digest = hashlib.sha256(manifest).hexdigest()
    return Signed(bundle.files.where(name), digest, signature, bundle.manifest.verdict)


def _checked(content: bytes, key: SecretKey, comment: str, what: str) -> tuple[bytes, Signature]:
    """The signature file of these bytes, and what a device makes of it."""
    text = signature_text(content, key, check_comment(comment))
    return text, check_signature(content, text, [key.public], what, what + SUFFIX)


def _is_zipped_bundle(path: Path) -> bool:
    """Whether it is a .zip with a manifest: no model file, nor another archive, such as a wheel."""
    if not is_zip(str(path)):
        return False
    try:
        with path.open("rb") as file, open_zip(file) as archive:
            return any(name.rpartition("/")[2] == MANIFEST_FILE for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _file_content(path: Path) -> bytes:
    try:
        with open_regular_file(str(path), "give a bundle or a file") as file:
            content = read_at_most(file, MAX_FILE_BYTES)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a bundle or a file") from error
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"{path}: more than {MAX_FILE_BYTES} bytes; sign it with minisign -S")
    return content


def _replace(place: Path, text: bytes, member: str | None = None) -> None:
    """Writes a file whole or not at all; with ``member``, the .zip that lies there with this member in it."""
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}.partial")
    try:
        try:
            with partial.open("xb") as file:
                if member is None:
                    file.write(text)
                else:
                    with zipfile.ZipFile(place) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
                        _copy_members(old, new, member, text)
                file.flush()
                os.fsync(file.fileno())
            if member is not None:
                partial.chmod(place.stat().st_mode & 0o777)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{place}: cannot be written ({error.strerror}); nothing was changed") from error


def _copy_members(old: zipfile.ZipFile, new: zipfile.ZipFile, member: str, text: bytes) -> None:
    for info in old.infolist():
        if info.filename != member:
            new.writestr(info, old.read(info), info.compress_type)
    added = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))  # as those of an export
    added.external_attr = 0o644 << 16
    new.writestr(added, text, zipfile.ZIP_DEFLATED)
