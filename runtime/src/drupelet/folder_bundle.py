"""A bundle in a folder. No file outside the folder is read."""

from __future__ import annotations

import os

from drupelet.bounded_read import read_at_most
from drupelet.errors import FormatError, InputError, IntegrityError
from drupelet.regular_file import open_regular_file
from drupelet.value import Value


class FolderFiles(Value):
    """The files of a folder."""

    path: str

    def where(self, name: str) -> str:
        """See :meth:`drupelet.bundle.BundleFiles.where`."""
        return os.path.join(self.path, name)

    def read(self, name: str, limit_bytes: int) -> bytes:
        """See :meth:`drupelet.bundle.BundleFiles.read`."""
        path = self.where(name)
        outside = FormatError(
            f"{path}: points outside the bundle; do not use this bundle unless you know where it comes from"
        )
        try:
            if not self._holds(os.path.realpath(path)):
                raise outside
            with open_regular_file(path, "copy the bundle again") as file:
                place = os.path.realpath(path)  # the name may mean another file by now; what is open stays what it is
                if not (self._holds(place) and os.path.samestat(os.stat(place), os.fstat(file.fileno()))):
                    raise outside
                return read_at_most(file, limit_bytes)
        except FileNotFoundError as error:
            raise IntegrityError(f"{path}: missing; copy the bundle again") from error
        except OSError as error:
            import errno

            if error.errno == errno.ELOOP:
                raise FormatError(f"{path}: is a link to itself; copy the bundle again") from error
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error

    def _holds(self, place: str) -> bool:
        return os.path.dirname(place) == os.path.realpath(self.path)
