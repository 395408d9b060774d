"""Reads the sections of a ``.drupelet`` file record by record, and checks every length before it is used."""

from __future__ import annotations

import struct

from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

NO_VALUE = 0xFFFFFFFF
"""Code of an absent number."""


def padded_name(raw: bytes, where: str) -> str:
    """The ASCII name in a field that is padded with zeros. Raises FormatError, naming ``where``."""
    name, _, rest = raw.partition(b"\0")
    if not name or rest.strip(b"\0") or not name.isascii():
        raise FormatError(f"{where}: name {raw!r}, expected ASCII, padded with zeros")
    return name.decode("ascii")


class SectionReader:
    """Reads a section record by record. Raises FormatError when the section ends too early or too late."""

    def __init__(self, content: memoryview, what: str) -> None:
        self._content = content
        self._at = 0
        self._what = what

    def take(self, record: struct.Struct) -> tuple[Any, ...]:
        """The values of the next record."""
        return record.unpack(self.bytes(record.size))

    def bytes(self, size_bytes: int) -> memoryview:
        """The next bytes."""
        end = self._at + size_bytes
        if end > len(self._content):
            raise FormatError(f"section {self._what} ends after {len(self._content)} bytes, expected {end} or more")
        found = self._content[self._at : end]
        self._at = end
        return found

    def text(self, size_bytes: int) -> str:
        """The next bytes as UTF-8 text."""
        try:
            return str(self.bytes(size_bytes), "utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(f"section {self._what} holds text that is not UTF-8") from error

    def finish(self) -> None:
        """Checks that the section ends here."""
        if self._at != len(self._content):
            raise FormatError(f"section {self._what} has {len(self._content) - self._at} bytes too many")


def named(names: Sequence[str], code: int, field: str) -> str:
    """The name with that code. Raises FormatError, naming ``field``, for a code that this release does not know."""
    if code >= len(names):
        raise FormatError(f"{field} has code {code}, this release knows {len(names)}; upgrade drupelet")
    return names[code]


def optional(value: int) -> int | None:
    """The number, or None for the code of an absent one."""
    return None if value == NO_VALUE else value
