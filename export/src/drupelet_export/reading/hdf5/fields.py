"""Reads the fields of an HDF5 file one after the other, always within the bytes that are there.

All numbers are little-endian, and addresses count from the beginning of the file.
"""

from __future__ import annotations

MAX_NAME_BYTES = 4096
"""Maximum bytes of the name of a group, dataset or attribute. Keras makes them of names of layers."""
UNDEFINED = (1 << 64) - 1
"""The address of what was never stored."""


class Hdf5Error(Exception):
    """The file is damaged, or has a part of HDF5 that Keras does not write. The text says what and where."""


class Fields:
    """A range of the file, and the place in it of the next field. Raises Hdf5Error for a field beyond its end."""

    def __init__(self, content: bytes, start: int, end: int, what: str) -> None:
        if not 0 <= start <= end <= len(content):
            raise Hdf5Error(f"{what} at byte {start} ends at byte {end} of {len(content)}")
        self._content = content
        self._what = what
        self.place = start
        self.end = end

    def left(self) -> int:
        """The number of bytes after the last field that was read."""
        return self.end - self.place

    def skip(self, size_bytes: int) -> None:
        """Passes over bytes."""
        if size_bytes > self.end - self.place:
            raise Hdf5Error(f"{self._what} ends at byte {self.end}, in the middle of a field")
        self.place += size_bytes

    def take(self, size_bytes: int) -> bytes:
        """The next bytes."""
        start = self.place
        self.skip(size_bytes)
        return self._content[start : self.place]

    def number(self, size_bytes: int) -> int:
        """The next number of so many bytes, without a sign."""
        return int.from_bytes(self.take(size_bytes), "little")

    def part(self, size_bytes: int) -> Fields:
        """The next bytes as fields of their own."""
        start = self.place
        self.skip(size_bytes)
        return Fields(self._content, start, self.place, self._what)

    def rest(self) -> Fields:
        """The same fields from here on, to be read without moving this place."""
        return Fields(self._content, self.place, self.end, self._what)

    def align(self, start: int) -> None:
        """Passes over the bytes that fill a field, which began at ``start``, up to a multiple of eight."""
        self.skip(-(self.place - start) % 8)

    def expect(self, field: str, size_bytes: int, *allowed: int) -> int:
        """The next number, which has to be one of those given."""
        found = self.number(size_bytes)
        if found not in allowed:
            expected = " or ".join(map(str, allowed))
            raise Hdf5Error(f"{self._what} at byte {self.place - size_bytes}: {field} {found}, expected {expected}")
        return found

    def signature(self, expected: bytes) -> None:
        """Passes over the four letters that a block begins with."""
        found = self.take(4)
        if found != expected:
            raise Hdf5Error(f"{self._what} at byte {self.place - 4} begins with {found!r}, expected {expected!r}")


class Storage:
    """The bytes of a file and which blocks of it were read: one that is reached twice is damage, so nothing goes in circles."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._reached: set[int] = set()
        self._bytes_left = len(content)

    def fields(self, address: int, size_bytes: int | None, what: str) -> Fields:
        """The block at an address; without a size up to the end of the file."""
        end = len(self.content) if size_bytes is None else address + size_bytes
        return Fields(self.content, address, end, what)

    def block(self, address: int, size_bytes: int | None, what: str) -> Fields:
        """The same for a block that only one place names. Raises Hdf5Error at the second time. No size: it is not charged."""
        if address in self._reached:
            raise Hdf5Error(f"{what} at byte {address} is named twice")
        self._reached.add(address)
        self.charge(size_bytes or 0, what)
        return self.fields(address, size_bytes, what)

    def charge(self, size_bytes: int, what: str) -> None:
        """Counts the bytes of a block. Raises Hdf5Error when all blocks have more than the file: some lie over others."""
        self._bytes_left -= size_bytes
        if self._bytes_left < 0:
            raise Hdf5Error(f"{what} lies over other parts of the file")

    def name(self, fields: Fields, offset: int) -> str:
        """The name that begins at an offset of fields, up to its zero byte."""
        start = fields.place + offset
        end = self.content.find(b"\0", start, min(fields.end, start + MAX_NAME_BYTES))
        if start >= fields.end or end < 0:
            raise Hdf5Error(f"no name at byte {start}, or one of more than {MAX_NAME_BYTES} bytes")
        return self.content[start:end].decode("utf-8", "surrogateescape")
