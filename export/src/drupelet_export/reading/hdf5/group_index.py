"""The links of a group: in a tree of tables with a heap of names, in the header itself, or in a fractal heap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drupelet_export.reading.hdf5.fields import MAX_NAME_BYTES, UNDEFINED, Fields, Hdf5Error, Storage
from drupelet_export.reading.hdf5.fractal_heap import LINK_NAMES, heap_objects
from drupelet_export.reading.hdf5.object_header import LINK, LINK_INFO, SYMBOL_TABLE, Message

_SOFT_LINK = 2
"""The kind of entry of a table that names another path."""
_TABLE_ENTRY_BYTES = 40
MAX_LEVELS = 32
"""Maximum levels of a tree of tables. Each node has two children or more."""


class Link(NamedTuple):
    """A name in a group. ``address`` is that of the object's header; None for a link to a path or into another file."""

    name: str
    address: int | None


def is_group(messages: list[Message]) -> bool:
    """Whether these are the messages of a group."""
    return any(message.kind in (SYMBOL_TABLE, LINK_INFO, LINK) for message in messages)


def read_links(storage: Storage, messages: list[Message]) -> list[Link]:
    """The links of the group with these messages, by their names. Raises Hdf5Error."""
    links: list[Link] = []
    for message in messages:
        if message.kind == SYMBOL_TABLE:
            tree, heap = message.body.number(8), message.body.number(8)
            links += _table_links(storage, tree, _heap_of_names(storage, heap))
        elif message.kind == LINK:
            links.append(_link(message.body))
        elif message.kind == LINK_INFO:
            message.body.expect("version of the links", 1, 0)
            flags = message.body.number(1)
            message.body.skip(8 if flags & 1 else 0)
            heap, index = message.body.number(8), message.body.number(8)
            if heap != UNDEFINED:
                links += [_link(found) for found in heap_objects(storage, heap, index, LINK_NAMES)]
    if len({link.name for link in links}) != len(links):
        raise Hdf5Error("a group has two members of one name")
    return sorted(links)


def _link(body: Fields) -> Link:
    body.expect("version of a link", 1, 1)
    flags = body.number(1)
    kind = body.number(1) if flags & 8 else 0
    body.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    size_bytes = body.number(1 << (flags & 3))
    if not 0 < size_bytes <= MAX_NAME_BYTES:
        raise Hdf5Error(f"a name of {size_bytes} bytes, expected 1 to {MAX_NAME_BYTES}")
    name = body.take(size_bytes).decode("utf-8", "surrogateescape")
    return Link(name, body.number(8) if kind == 0 else None)


def _heap_of_names(storage: Storage, address: int) -> Fields:
    heap = storage.block(address, 32, "a heap of names")
    heap.signature(b"HEAP")
    heap.expect("version", 4, 0)
    size_bytes = heap.number(8)
    heap.skip(8)
    return storage.block(heap.number(8), size_bytes, "a heap of names")


def _table_links(storage: Storage, tree: int, names: Fields) -> Iterator[Link]:
    for address in tree_leaves(storage, tree, kind=0, key_bytes=8):
        table = storage.block(address, None, "a table of names")
        table.signature(b"SNOD")
        table.expect("version", 2, 1)
        count = table.number(2)
        storage.charge(_TABLE_ENTRY_BYTES * count, "a table of names")
        for _ in range(count):
            offset, header, kind = table.number(8), table.number(8), table.number(4)
            table.skip(20)
            yield Link(storage.name(names, offset), None if kind == _SOFT_LINK else header)


def tree_leaves(storage: Storage, address: int, kind: int, key_bytes: int) -> Iterator[int]:
    """The addresses below a tree of version 1, without their keys."""
    return (child for _, child in tree_entries(storage, address, kind, key_bytes))


def tree_entries(storage: Storage, address: int, kind: int, key_bytes: int) -> Iterator[tuple[Fields, int]]:
    """The keys and addresses of all leaves of a tree of version 1: of groups (kind 0) or chunks (kind 1). Raises Hdf5Error."""
    waiting: list[tuple[int, int | None]] = [(address, None)]
    while waiting:
        place, level = waiting.pop()
        node = storage.block(place, None, "a node of a tree")
        node.signature(b"TREE")
        node.expect("kind", 1, kind)
        found = node.number(1)
        if found != level and (level is not None or found > MAX_LEVELS):
            raise Hdf5Error(f"a node of a tree at byte {place} has the level {found}")
        count = node.number(2)
        node.skip(16)
        storage.charge((key_bytes + 8) * count, "a node of a tree")
        for _ in range(count):
            key = node.part(key_bytes)
            child = node.number(8)
            if found == 0:
                yield key, child
            else:
                waiting.append((child, found - 1))
