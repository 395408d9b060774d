"""Reads the fields of a protocol buffer message, which may be hostile, as far as the reader of a SavedModel needs them."""

from __future__ import annotations

from collections.abc import Iterator

from drupelet_export.errors import ModelError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""The wire types of protocol buffers."""
MAX_VARINT_BYTES = 10
"""Maximum bytes of a number, which has at most 64 bits."""


def fields(content: memoryview, where: str) -> Iterator[tuple[int, int | memoryview]]:
    """The number of each field with its value: an integer, or the bytes of a string or message. Raises ModelError."""
    place = 0
    while place < len(content):
        key, place = _varint(content, place, where)
        kind = key & 7
        if kind == VARINT:
            value, place = _varint(content, place, where)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size, place = _varint(content, place, where)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise ModelError(
                f"{where}: not a protocol buffer (wire type {kind} at byte {place}); copy the folder again"
            )
        if size > len(content) - place:
            raise ModelError(
                f"{where}: cut short: {size} bytes expected at byte {place} of {len(content)}; copy the folder again"
            )
        yield key >> 3, content[place : place + size]
        place += size


def _varint(content: memoryview, place: int, where: str) -> tuple[int, int]:
    value = 0
    for count, byte in enumerate(content[place : place + MAX_VARINT_BYTES]):
        value |= (byte & 127) << (7 * count)
        if byte < 128:
            return value, place + count + 1
    raise ModelError(f"{where}: not a protocol buffer (a number at byte {place} does not end); copy the folder again")
