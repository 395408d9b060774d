"""Writes a bundle as a whole or not at all: into a folder beside its place, then exchanged for what was there."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drupelet.errors import InputError
from drupelet.manifest import MANIFEST_FILE, FileEntry

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@dataclass
class StagedBundle:
    """A bundle that is being written. ``folder`` is where its files lie until it is published."""

    folder: Path
    target: Path

    def write(self, name: str, content: bytes) -> FileEntry:
        """Writes a file to disk for good, and gives its manifest entry."""
        path = self.folder / name
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return FileEntry(name, len(content), hashlib.sha256(content).hexdigest())

    def publish(self) -> None:
        """Puts the bundle in its place; until this returns, whatever was there before is there."""
        if self.target.suffix == ".zip":
            _publish_zip(self.folder, self.target)
        elif self.target.exists():
            _exchange(self.folder, self.target)
        else:
            self.folder.rename(self.target)
        _sync_folder(self.target.parent)


@contextlib.contextmanager
def stage_bundle(target: Path) -> Iterator[StagedBundle]:
    """A place to write a bundle for ``target``, a folder or a .zip; cleaned up unless it was published.

    Raises InputError when the target is something other than a bundle, or when writing fails (a full disk, say); what
    was there before is then still there.
    """
    check_target(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror}); choose another --out") from error
    try:
        folder.chmod(0o755)
        yield StagedBundle(folder, target)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: cannot be written ({error.strerror}); nothing at {target} was changed; free some "
            "room or choose another --out"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_target(target: Path) -> None:
    """Raises InputError when something lies at the target that an export must not replace."""
    if target.suffix == ".zip":
        if target.exists() and not zipfile.is_zipfile(target):
            raise InputError(f"{target}: exists and is no .zip; choose another --out")
    elif target.exists() and not (target / MANIFEST_FILE).is_file() and (target.is_file() or any(target.iterdir())):
        raise InputError(f"{target}: exists and is not a bundle, so it is not replaced; choose another --out")


def _publish_zip(folder: Path, target: Path) -> None:
    partial = folder / "bundle.zip.partial"
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            if path != partial:
                # A fixed date, so that the same export gives the same bytes.
                member = zipfile.ZipInfo(path.name, date_time=(1980, 1, 1, 0, 0, 0))
                member.external_attr = 0o644 << 16
                archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)


def _exchange(folder: Path, target: Path) -> None:
    """Swaps two folders in one step where the system can; where it cannot, the old one is gone for an instant only."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "renameat2"):
        names = (os.fsencode(folder), os.fsencode(target))
        if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
            return
        code = ctypes.get_errno()
        if code not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(code, os.strerror(code), str(target))
    aside = folder.with_suffix(".old")
    target.rename(aside)
    folder.rename(target)
    shutil.rmtree(aside)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
