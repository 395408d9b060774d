"""A fractal heap and the tree that lists its objects: where HDF5 keeps many links of a group, or many attributes.

Objects lie in blocks, whose sizes double from row to row of a table. An address inside the heap counts the bytes of all blocks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from drupelet_export.reading.hdf5.fields import UNDEFINED, Fields, Hdf5Error, Storage

LINK_NAMES, ATTRIBUTE_NAMES = 5, 8
"""The kinds of trees that list the links, and the attributes, of an object by their names."""
_ID_OFFSET = {LINK_NAMES: 4, ATTRIBUTE_NAMES: 0}
"""Bytes in front of an object's address in the records of a tree."""
_MAX_ROWS = 64
"""Maximum rows of a table of blocks. The last of so many begins at 2^63."""
_MAX_DEPTH = 16
"""Maximum levels of the tree. Each node has hundreds of children."""


def heap_objects(storage: Storage, heap: int, tree: int, kind: int) -> Iterator[Fields]:
    """The objects of the heap at an address, as the tree at another address lists them. Raises Hdf5Error."""
    blocks = _blocks(storage, heap)
    for record in _records(storage, tree, kind):
        record.skip(_ID_OFFSET[kind])
        flags = record.number(1)
        if flags & 0xF0:
            raise Hdf5Error(f"an object of a heap at byte {heap} lies outside it, which Keras does not write")
        offset, length = record.number(blocks.offset_bytes), record.number(blocks.length_bytes)
        yield blocks.object_at(offset, length)


@dataclass(frozen=True)
class _Blocks:
    """The blocks of a heap in their order: (first address in the heap, fields of the whole block)."""

    blocks: list[tuple[int, Fields]]
    offset_bytes: int
    length_bytes: int

    def object_at(self, offset: int, length: int) -> Fields:
        found = bisect_right(self.blocks, offset, key=lambda block: block[0]) - 1
        if found < 0:
            raise Hdf5Error(f"no object at {offset} in a heap without blocks")
        start, block = self.blocks[found]
        inside = block.rest()
        inside.skip(offset - start)
        return inside.part(length)


@dataclass(frozen=True)
class _Shape:
    """The table of blocks. Rows below ``direct_rows`` hold objects, those above hold tables."""

    width: int
    first_bytes: int
    direct_rows: int
    offset_bytes: int

    def block_bytes(self, row: int) -> int:
        return self.first_bytes << max(row - 1, 0)


def _blocks(storage: Storage, address: int) -> _Blocks:
    heap = storage.block(address, None, "a heap")
    heap.signature(b"FRHP")
    heap.expect("version", 1, 0)
    heap.skip(2)
    heap.expect("size of filters", 2, 0)
    heap.skip(1)
    largest_object = heap.number(4)
    heap.skip(12 * 8)
    width, first_bytes, largest_bytes = heap.number(2), heap.number(8), heap.number(8)
    address_bits = heap.expect("bits of an address", 2, *range(1, 65))
    heap.skip(2)
    root, rows = heap.number(8), heap.number(2)
    for size_bytes in (first_bytes, largest_bytes):
        if size_bytes < 1 or size_bytes & (size_bytes - 1):
            raise Hdf5Error(f"a heap at byte {address} has blocks of {size_bytes} bytes, expected a power of two")
    direct_rows = largest_bytes.bit_length() - first_bytes.bit_length() + 2
    shape = _Shape(width, first_bytes, direct_rows, (address_bits + 7) // 8)
    found: list[tuple[int, Fields]] = []
    if root != UNDEFINED:
        if rows == 0:
            found.append((0, _direct(storage, root, first_bytes, shape, 0)))
        else:
            _walk_table(storage, root, rows, 0, shape, found)
    length_bytes = (min(largest_bytes, largest_object).bit_length() + 7) // 8
    return _Blocks(found, shape.offset_bytes, length_bytes)


def _direct(storage: Storage, address: int, size_bytes: int, shape: _Shape, start: int) -> Fields:
    block = storage.block(address, size_bytes, "a block of a heap")
    whole = block.rest()
    block.signature(b"FHDB")
    block.expect("version", 1, 0)
    block.skip(8)
    block.expect("offset", shape.offset_bytes, start)
    return whole


def _walk_table(
    storage: Storage, address: int, rows: int, start: int, shape: _Shape, found: list[tuple[int, Fields]]
) -> None:
    if rows > _MAX_ROWS:
        raise Hdf5Error(f"a table of a heap at byte {address} has {rows} rows")
    table = storage.block(address, None, "a table of a heap")
    table.signature(b"FHIB")
    table.expect("version", 1, 0)
    table.skip(8)
    table.expect("offset", shape.offset_bytes, start)
    storage.charge(8 * rows * shape.width, "a table of a heap")
    for row in range(rows):
        size_bytes = shape.block_bytes(row)
        for _ in range(shape.width):
            child = table.number(8)
            if child != UNDEFINED:
                if row < shape.direct_rows:
                    found.append((start, _direct(storage, child, size_bytes, shape, start)))
                else:  # as many rows as make up the same number of bytes
                    inner = size_bytes.bit_length() - (shape.first_bytes * shape.width).bit_length() + 1
                    _walk_table(storage, child, inner, start, shape, found)
            start += size_bytes


def _records(storage: Storage, address: int, kind: int) -> Iterator[Fields]:
    header = storage.block(address, None, "a tree of a heap")
    header.signature(b"BTHD")
    header.expect("version", 1, 0)
    header.expect("kind", 1, kind)
    node_bytes, record_bytes, depth = header.number(4), header.number(2), header.number(2)
    header.skip(2)
    root, count = header.number(8), header.number(2)
    if record_bytes == 0 or depth > _MAX_DEPTH:
        raise Hdf5Error(f"a tree of a heap at byte {address} has {depth} levels and records of {record_bytes} bytes")
    # A pointer to a child has as many bytes for its records as the largest number of them needs.
    most = [max(node_bytes - 10, 0) // record_bytes]
    total = list(most)
    for level in range(1, depth + 1):
        pointer = 8 + _bytes_for(most[0]) + (_bytes_for(total[level - 1]) if level > 1 else 0)
        most.append(max(node_bytes - 10 - pointer, 0) // (record_bytes + pointer))
        total.append((most[level] + 1) * total[level - 1] + most[level])
    waiting = [(root, count, depth)] if root != UNDEFINED else []
    while waiting:
        place, count, level = waiting.pop()
        node = storage.block(place, node_bytes, "a node of a tree of a heap")
        node.signature(b"BTIN" if level else b"BTLF")
        node.expect("version", 1, 0)
        node.expect("kind", 1, kind)
        for _ in range(count):
            yield node.part(record_bytes)
        for _ in range(count + 1 if level else 0):
            child, child_count = node.number(8), node.number(_bytes_for(most[0]))
            node.skip(_bytes_for(total[level - 1]) if level > 1 else 0)
            waiting.append((child, child_count, level - 1))


def _bytes_for(number: int) -> int:
    return max((number.bit_length() + 7) // 8, 1)
