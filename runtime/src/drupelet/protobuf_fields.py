"""Reads the fields of a protocol buffer message, which may be hostile."""

from __future__ import annotations

from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Union

    Field = tuple[int, Union[int, memoryview]]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""The wire types of protocol buffers."""
MAX_VARINT_BYTES = 10
"""Maximum bytes of a number, which has at most 64 bits."""


def fields(content: memoryview, where: str, next_step: str) -> Iterator[Field]:
    """The number of each field with its value: an integer, or the bytes of a string or message.

    Raises FormatError, which ends with ``next_step``, for bytes that are no message.
    """
    place = 0
    while place < len(content):
        key, place = _varint(content, place, where, next_step)
        kind = key & 7
        if kind == VARINT:
            value, place = _varint(content, place, where, next_step)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size, place = _varint(content, place, where, next_step)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise FormatError(f"{where}: not a protocol buffer (wire type {kind} at byte {place}); {next_step}")
        if size > len(content) - place:
            raise FormatError(
                f"{where}: cut short: {size} bytes expected at byte {place} of {len(content)}; {next_step}"
            )
        yield key >> 3, content[place : place + size]
        place += size


def _varint(content: memoryview, place: int, where: str, next_step: str) -> tuple[int, int]:
    """A number, and the place behind it."""
    value = 0
    for count, byte in enumerate(content[place : place + MAX_VARINT_BYTES]):
        value |= (byte & 127) << (7 * count)
        if byte < 128:
            return value, place + count + 1
    raise FormatError(f"{where}: not a protocol buffer (a number at byte {place} does not end); {next_step}")
