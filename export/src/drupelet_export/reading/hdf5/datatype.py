"""The types and shapes of datasets and attributes, and the values of attributes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet_export.reading.hdf5.fields import MAX_NAME_BYTES, Fields, Hdf5Error, Storage

_MAX_DIMENSIONS = 32
"""HDF5 itself allows no more."""
_CLASSES = {
    2: "times", 4: "bit fields", 5: "opaque bytes", 6: "compounds", 7: "references", 8: "enumerated values",
    9: "sequences", 10: "arrays",
}  # fmt: skip
_FLOATS = {
    (2, 15, 0, 16, 10, 5, 0, 10, 15): "f2",
    (4, 31, 0, 32, 23, 8, 0, 23, 127): "f4",
    (8, 63, 0, 64, 52, 11, 0, 52, 1023): "f8",
}
"""By bytes; bit of the sign; offset and number of bits; place and bits of exponent; of fraction; bias."""
_REFERENCE_BYTES = 16
"""The bytes in place of a string of any length: its length, and where it lies."""
MAX_TEXT_BYTES = 1 << 31
"""Maximum bytes of a string of fixed length. numpy counts them in 32 bits."""


@dataclass(frozen=True)
class Datatype:
    """The type of a value. ``numpy`` is None for what is no number and no string of fixed length.

    ``size_bytes``: of one value in the file. ``text``: how a string's bytes are cut; None for what is no string.
    ``is_reference``: a string of any length, which lies in a heap.
    """

    name: str
    size_bytes: int
    numpy: np.dtype[Any] | None
    text: Callable[[bytes], bytes] | None = None
    is_reference: bool = False


def read_datatype(body: Fields) -> Datatype:
    """The type that a message describes. Raises Hdf5Error."""
    kind = body.number(1) & 15
    if kind > max(_CLASSES):
        raise Hdf5Error(f"a type at byte {body.place - 1} has the class {kind}")
    bits, size_bytes = body.number(3), body.number(4)
    if size_bytes == 0:
        raise Hdf5Error(f"a type at byte {body.place} has values of no bytes")
    order = ">" if bits & 1 else "<"
    if kind == 0:
        offset, precision = body.number(2), body.number(2)
        if (offset, precision) == (0, 8 * size_bytes) and size_bytes in (1, 2, 4, 8):
            found = np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size_bytes}")
            return Datatype(found.name, size_bytes, found)
        return Datatype("integers of odd bits", size_bytes, None)
    if kind == 1:
        numbers = (size_bytes, bits >> 8 & 255, body.number(2), body.number(2), *body.take(4), body.number(4))
        name = _FLOATS.get(numbers)
        if name is None or bits & 0x40:
            return Datatype("floating-point numbers of odd bits", size_bytes, None)
        return Datatype(str(np.dtype(name)), size_bytes, np.dtype(order + name))
    if kind == 3:
        numpy = np.dtype(f"S{size_bytes}") if size_bytes < MAX_TEXT_BYTES else None
        return Datatype(f"|S{size_bytes}", size_bytes, numpy, _CUTS.get(bits & 15, _without_zeros))
    if kind == 9 and bits & 15 == 1 and size_bytes == _REFERENCE_BYTES:
        return Datatype("strings", size_bytes, None, is_reference=True)
    return Datatype(_CLASSES[kind], size_bytes, None)


def _before_zero(text: bytes) -> bytes:
    return text.partition(b"\0")[0]


def _without_zeros(text: bytes) -> bytes:
    return text.rstrip(b"\0")


def _without_spaces(text: bytes) -> bytes:
    return text.rstrip(b" ")


_CUTS = {0: _before_zero, 1: _without_zeros, 2: _without_spaces}
"""What fills up a string of fixed length: zero bytes of which the first ends it, zero bytes, or spaces."""


def read_shape(body: Fields) -> tuple[int, ...] | None:
    """The shape that a message describes; None for a dataset without values. Raises Hdf5Error."""
    version = body.expect("version of a shape", 1, 1, 2)
    dimensions = body.number(1)
    if dimensions > _MAX_DIMENSIONS:
        raise Hdf5Error(f"a shape at byte {body.place} has {dimensions} dimensions")
    body.skip(1)
    kind = body.number(1)
    if version == 1:
        body.skip(4)
    elif kind == 2:
        return None
    return tuple(body.number(8) for _ in range(dimensions))


@dataclass(frozen=True)
class Attribute:
    """An attribute as it is stored. ``shape`` is None when it has no value."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...] | None
    value: Fields

    def count(self) -> int:
        """The number of its values."""
        return 0 if self.shape is None else math.prod(self.shape)


def read_attribute(body: Fields) -> Attribute:
    """The attribute that a message, or an object of a heap, describes. Raises Hdf5Error."""
    version = body.expect("version of an attribute", 1, 1, 2, 3)
    if body.number(1) and version > 1:
        raise Hdf5Error(f"an attribute at byte {body.place} shares its type, which Keras does not write")
    sizes = [body.number(2) for _ in range(3)]
    body.skip(1 if version == 3 else 0)
    parts = []
    for size_bytes in sizes:
        start = body.place
        parts.append(body.part(size_bytes))
        if version == 1:
            body.place = start + size_bytes
            body.skip(-size_bytes % 8)
    name = parts[0].take(parts[0].left())
    if len(name) > MAX_NAME_BYTES:
        raise Hdf5Error(f"an attribute at byte {body.place} has a name of {len(name)} bytes")
    return Attribute(
        _before_zero(name).decode("utf-8", "surrogateescape"), read_datatype(parts[1]), read_shape(parts[2]), body
    )


class Strings:
    """Strings of any length, which lie in collections. A file that is sound stores each of them once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._collections: dict[int, dict[int, Fields]] = {}
        self._bytes_left = len(storage.content)
        self._collected_bytes = 0

    def values(self, attribute: Attribute) -> list[str] | NDArray[Any] | None:
        """The strings, or the numbers, of an attribute in their order; None when it has none. Raises Hdf5Error."""
        kind, fields, count = attribute.datatype, attribute.value.rest(), attribute.count()
        if attribute.shape is None:
            return None
        if count * kind.size_bytes > fields.left():
            raise Hdf5Error(f"attribute {attribute.name!r:.60} claims {count} values, and has {fields.left()} bytes")
        if kind.is_reference:
            return [self._string(fields) for _ in range(count)]
        if kind.text is not None:
            return [kind.text(fields.take(kind.size_bytes)).decode("utf-8", "replace") for _ in range(count)]
        if kind.numpy is None:
            raise Hdf5Error(f"attribute {attribute.name!r:.60} holds {kind.name}, expected strings or numbers")
        return np.frombuffer(fields.take(count * kind.size_bytes), kind.numpy)

    def _string(self, fields: Fields) -> str:
        length, address, index = fields.number(4), fields.number(8), fields.number(4)
        if length == 0:
            return ""
        if address not in self._collections:
            self._collections[address] = self._collection(address)
        place = self._collections[address].get(index)
        self._bytes_left -= length
        if place is None or self._bytes_left < 0:
            raise Hdf5Error(
                f"no string {index} in the collection at byte {address}, or one that is used again and again"
            )
        return _before_zero(place.rest().take(length)).decode("utf-8", "replace")

    def _collection(self, address: int) -> dict[int, Fields]:
        head = self._storage.fields(address, 16, "a collection of strings")
        head.signature(b"GCOL")
        head.expect("version", 4, 1)
        size_bytes = head.number(8)
        fields = self._storage.fields(address, size_bytes, "a collection of strings")
        self._collected_bytes += size_bytes
        if self._collected_bytes > len(self._storage.content):
            raise Hdf5Error(f"the collection of strings at byte {address} lies in another one")
        fields.skip(16)
        found: dict[int, Fields] = {}
        while fields.left() >= 16:
            index = fields.number(2)
            fields.skip(6)
            length = fields.number(8)
            if index == 0:  # the rest is free
                break
            found[index] = fields.part(length)
            fields.skip(min(-length % 8, fields.left()))
        return found
