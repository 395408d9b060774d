"""Writes a bundle completely or not at all: into a folder beside its place, which then replaces the old bundle."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drupelet.errors import InputError
from drupelet.folder_bundle import FolderFiles
from drupelet.manifest import FileEntry
from drupelet.zip_bundle import ZipFiles
from drupelet_export.bundle.destination import check_destination, check_replaceable, resolve_destination
from drupelet_export.bundle.partial_folder import partial_folder
from drupelet_export.bundle.taking_place import take_place


@dataclass
class StagedBundle:
    """A bundle that is being written. ``folder`` holds its files until :meth:`publish` moves them to ``place``.

    ``destination`` is the path that the user gave, which may be a symbolic link to ``place``.
    """

    folder: Path
    place: Path
    destination: Path

    def write(self, name: str, content: bytes) -> FileEntry:
        """Writes a file, waits until it is on disk, and returns its manifest entry. Raises InputError when that fails."""
        with self._unchanged(self.destination / name):
            path = self.folder / name
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        return FileEntry(name, len(content), hashlib.sha256(content).hexdigest())

    def publish(self) -> FolderFiles | ZipFiles:
        """Moves the bundle to its place, and returns its files there.

        What is there is checked once more, because the work took minutes. Raises InputError when that fails, or when it must
        not be replaced; whatever was there before is then still there. The one exception is a disk that does not confirm the
        move: the new bundle is in place, and the message says so.
        """
        is_zip = self.destination.suffix == ".zip"
        with self._unchanged(self.destination):
            new = _zipped(self.folder) if is_zip else self.folder
            take_place(new, self.place, lambda place: check_replaceable(self.destination, place))
        try:
            _sync_folder(self.place.parent)
        except OSError as error:
            raise InputError(
                f"{self.destination}: the new bundle is in place, but the disk did not confirm it ({error.strerror}); "
                "check the disk, then run drupelet verify on it"
            ) from error
        return ZipFiles(str(self.destination)) if is_zip else FolderFiles(str(self.destination))

    @contextlib.contextmanager
    def _unchanged(self, what: Path) -> Iterator[None]:
        """Turns a failure to write ``what`` into an InputError that names it."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{what}: cannot be written ({error.strerror}); nothing at {self.destination} was changed; free some space or "
                "choose another --out"
            ) from error


@contextlib.contextmanager
def stage_bundle(destination: Path) -> Iterator[StagedBundle]:
    """A folder to write a bundle in that goes to ``destination``, a folder or a .zip; deleted unless it was published.

    Raises InputError when the destination is something other than a bundle, or when writing fails (a full disk, say). The
    destination then stays as it was.
    """
    check_destination(destination)
    place = resolve_destination(destination)
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(partial_folder(place))
        except OSError as error:
            raise InputError(f"{destination}: cannot be written ({error.strerror}); choose another --out") from error
        yield StagedBundle(folder, place, destination)


def _zipped(folder: Path) -> Path:
    """The files of the folder in one archive, which lies in the folder too and is on disk."""
    partial = folder / "bundle.zip.partial"
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            if path != partial:
                # A fixed date, so that the same files give the same archive.
                member = zipfile.ZipInfo(path.name, date_time=(1980, 1, 1, 0, 0, 0))
                member.external_attr = 0o644 << 16
                archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    return partial


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems sync files only
            raise
    finally:
        os.close(descriptor)
