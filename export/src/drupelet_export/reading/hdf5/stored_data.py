"""Where the numbers of a dataset lie, and how they are unpacked."""

from __future__ import annotations

import itertools
import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet_export.reading.hdf5.datatype import Datatype, read_datatype, read_shape
from drupelet_export.reading.hdf5.fields import UNDEFINED, Fields, Hdf5Error, Storage
from drupelet_export.reading.hdf5.group_index import tree_entries
from drupelet_export.reading.hdf5.object_header import DATASPACE, DATATYPE, EXTERNAL_FILES, FILTERS, LAYOUT, Message

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
"""Filters that are a part of HDF5. Any other is a plug-in."""
MAX_VALUES = 1 << 48
"""Maximum product of the lengths of a dataset that are not zero. numpy counts bytes in 63 bits."""
_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = 0, 1, 2, 3
_FIRST_NAMED_FILTER = 256
"""Filters below have no names, from the second version of their list on."""


class RefusedDatasetError(Hdf5Error):
    """A dataset that would be read by a plug-in or from another file. The text is the predicate of a sentence about it."""


@dataclass(frozen=True)
class Chunk:
    """A part of a dataset: its first place, where its bytes lie, and a bit for each filter that was left out."""

    offset: tuple[int, ...]
    address: int
    size_bytes: int
    filters_left_out: int


@dataclass(frozen=True)
class Dataset:
    """A dataset, before its numbers are read. ``shape`` is None when it has none; ``chunk_shape`` when it is in one piece."""

    shape: tuple[int, ...] | None
    datatype: Datatype
    chunk_shape: tuple[int, ...] | None
    chunks: tuple[Chunk, ...]
    filters: tuple[int, ...]

    def size_bytes(self) -> int:
        """The bytes of its values, unpacked."""
        return 0 if self.shape is None else math.prod(self.shape) * self.datatype.size_bytes

    def unpacked_bytes(self) -> int:
        """The bytes of all its chunks, unpacked. The last ones may reach beyond the dataset."""
        if self.chunk_shape is None:
            return self.size_bytes()
        return len(self.chunks) * math.prod(self.chunk_shape) * self.datatype.size_bytes

    def stored_bytes(self) -> int:
        """The bytes of the file that hold it."""
        return sum(chunk.size_bytes for chunk in self.chunks)


def read_dataset(storage: Storage, messages: list[Message]) -> Dataset:
    """The dataset with these messages. Raises Hdf5Error, for other files or plug-ins RefusedDatasetError."""
    bodies = {message.kind: message.body for message in messages}
    missing = {DATASPACE, DATATYPE, LAYOUT} - bodies.keys()
    if missing:
        raise Hdf5Error("an object that is neither a group nor a dataset")
    if EXTERNAL_FILES in bodies:
        raise RefusedDatasetError("lies in another file; save the model again")
    filters = _filters(bodies[FILTERS]) if FILTERS in bodies else ()
    if any(name not in (DEFLATE, SHUFFLE, FLETCHER32) for name in filters):
        raise RefusedDatasetError("is packed by a plug-in of HDF5; save the model without it")
    shape, datatype, layout = read_shape(bodies[DATASPACE]), read_datatype(bodies[DATATYPE]), bodies[LAYOUT]
    version = layout.expect("version of a layout", 1, 3, 4)
    kind = layout.expect("layout", 1, _COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL)
    if kind == _VIRTUAL:
        raise RefusedDatasetError("lies in another file; save the model again")
    if kind == _CHUNKED:
        if version != 3:
            raise Hdf5Error(f"chunks in layout {version}, which Keras does not write")
        return _chunked(storage, shape, datatype, filters, layout)
    if kind == _COMPACT:
        size_bytes, address = layout.number(2), layout.place
        layout.skip(size_bytes)
    else:
        address, size_bytes = layout.number(8), layout.number(8)
    whole = () if address == UNDEFINED else (Chunk((), address, size_bytes, 0),)
    return Dataset(shape, datatype, None, whole, ())


def _filters(body: Fields) -> tuple[int, ...]:
    version = body.expect("version of a list of filters", 1, 1, 2)
    count = body.number(1)
    body.skip(6 if version == 1 else 0)
    found = []
    for _ in range(count):
        found.append(body.number(2))
        name_bytes = body.number(2) if version == 1 or found[-1] >= _FIRST_NAMED_FILTER else 0
        body.skip(2)
        numbers = body.number(2)
        body.skip(name_bytes + 4 * numbers + (4 * (numbers % 2) if version == 1 else 0))
    return tuple(found)


def _chunked(
    storage: Storage, shape: tuple[int, ...] | None, datatype: Datatype, filters: tuple[int, ...], layout: Fields
) -> Dataset:
    dimensions = layout.number(1)
    tree = layout.number(8)
    *chunk_shape, element_bytes = [layout.number(4) for _ in range(max(dimensions, 1))]
    if shape is None or len(shape) != len(chunk_shape) or element_bytes != datatype.size_bytes or 0 in chunk_shape:
        raise Hdf5Error(
            f"chunks of {tuple(chunk_shape)} values of {element_bytes} bytes in a dataset of the shape {shape}"
        )
    chunks = []
    if tree != UNDEFINED:
        for key, address in tree_entries(storage, tree, kind=1, key_bytes=8 + 8 * dimensions):
            size_bytes, left_out = key.number(4), key.number(4)
            chunks.append(Chunk(tuple(key.number(8) for _ in chunk_shape), address, size_bytes, left_out))
    return Dataset(shape, datatype, tuple(chunk_shape), tuple(chunks), filters)


def read_values(storage: Storage, dataset: Dataset) -> NDArray[Any]:
    """The numbers of a dataset in their own type. Raises Hdf5Error unless each of them is stored once."""
    kind = dataset.datatype.numpy
    if kind is None or dataset.shape is None:
        raise Hdf5Error("a dataset without numbers")
    if math.prod(filter(None, dataset.shape)) > MAX_VALUES:
        raise Hdf5Error(f"a dataset of the shape {dataset.shape}")  # without values, if one length is zero
    if dataset.size_bytes() == 0:
        return np.zeros(dataset.shape, kind)
    if dataset.chunk_shape is None:
        [whole] = dataset.chunks
        fields = storage.fields(whole.address, whole.size_bytes, "a dataset")
        return np.frombuffer(fields.take(dataset.size_bytes()), kind).reshape(dataset.shape)
    steps = [range(0, length, step) for length, step in zip(dataset.shape, dataset.chunk_shape, strict=True)]
    if {chunk.offset for chunk in dataset.chunks} != set(itertools.product(*steps)):
        raise Hdf5Error(f"{len(dataset.chunks)} chunks, which do not make up the dataset")
    values = np.empty(dataset.shape, kind)
    chunk_bytes = math.prod(dataset.chunk_shape) * dataset.datatype.size_bytes
    for chunk in dataset.chunks:
        part = np.frombuffer(_unpacked(storage, dataset, chunk, chunk_bytes), kind).reshape(dataset.chunk_shape)
        target = values[tuple(slice(at, at + step) for at, step in zip(chunk.offset, dataset.chunk_shape, strict=True))]
        target[...] = part[tuple(slice(length) for length in target.shape)]
    return values


def _unpacked(storage: Storage, dataset: Dataset, chunk: Chunk, size_bytes: int) -> bytes:
    content = storage.fields(chunk.address, chunk.size_bytes, "a chunk").take(chunk.size_bytes)
    for number, name in reversed(list(enumerate(dataset.filters))):
        if chunk.filters_left_out >> number & 1:
            continue
        if name == FLETCHER32:
            content = _checked(content, chunk.address)
        elif name == DEFLATE:
            try:
                content = zlib.decompressobj().decompress(
                    content, size_bytes + 4
                )  # with a checksum, which may be inside
            except zlib.error as error:
                raise Hdf5Error(f"the chunk at byte {chunk.address} cannot be unpacked ({error})") from error
        elif len(content) == size_bytes:
            content = np.frombuffer(content, np.uint8).reshape(dataset.datatype.size_bytes, -1).T.tobytes()
    if len(content) != size_bytes:
        raise Hdf5Error(f"the chunk at byte {chunk.address} has {len(content)} bytes unpacked, expected {size_bytes}")
    return content


def _checked(content: bytes, address: int) -> bytes:
    """Content without its Fletcher checksum, which counts words of two bytes, the first byte above the second."""
    body, stored = content[:-4], int.from_bytes(content[-4:], "little")
    words = np.frombuffer(body + b"\0" * (len(body) % 2), ">u2").astype(np.uint64)
    weights = np.arange(len(words), 0, -1, dtype=np.uint64)
    # Sums are compared modulo 65,535, for which the library writes either 0 or 65,535.
    sums = (int(np.sum(words)) % 65535, int(np.sum(words * weights % 65535)) % 65535)
    if (stored % 65536 % 65535, (stored >> 16) % 65535) != sums:
        raise Hdf5Error(f"the chunk at byte {address} has another checksum; it is damaged")
    return body
