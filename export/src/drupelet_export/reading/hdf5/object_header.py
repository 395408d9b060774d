"""The headers of groups and datasets, in both versions: a list of messages, each of which says one thing about the object."""

from __future__ import annotations

from typing import NamedTuple

from drupelet_export.reading.hdf5.fields import Fields, Hdf5Error, Storage

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = (
    0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0B, 0x0C, 0x10, 0x11, 0x15,
)  # fmt: skip
_SHARED = 2
"""The flag of a message that stands elsewhere."""
_USED = {
    DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT, FILTERS, ATTRIBUTE, SYMBOL_TABLE, ATTRIBUTE_INFO,
}  # fmt: skip


class Message(NamedTuple):
    """One message: its kind, and its body, which ends where the message ends."""

    kind: int
    body: Fields


def read_messages(storage: Storage, address: int) -> list[Message]:
    """The messages that this reader knows, of the object whose header is at an address. Raises Hdf5Error."""
    header = storage.block(address, None, "an object header")
    messages: list[Message] = []
    if header.rest().number(1) == 1:
        header.skip(8)
        size_bytes = header.number(4)
        header.skip(4)
        storage.charge(size_bytes, "an object header")
        waiting = [header.part(size_bytes)]
        while waiting:
            waiting += _first_version(storage, waiting.pop(), messages)
        return messages
    header.signature(b"OHDR")
    header.expect("version", 1, 2)
    flags = header.number(1)
    header.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    size_bytes = header.number(1 << (flags & 3))
    storage.charge(size_bytes, "an object header")
    waiting = [header.part(size_bytes)]
    ordered = bool(flags & 4)
    while waiting:
        waiting += _second_version(storage, waiting.pop(), ordered, messages)
    return messages


def _first_version(storage: Storage, fields: Fields, messages: list[Message]) -> list[Fields]:
    more = []
    while fields.left() >= 8:
        kind, size_bytes, flags = fields.number(2), fields.number(2), fields.number(1)
        fields.skip(3)
        body = fields.part(size_bytes)
        if kind == CONTINUATION:
            more.append(storage.block(body.number(8), body.number(8), "a part of an object header"))
        else:
            _keep(kind, flags, body, messages)
    return more


def _second_version(storage: Storage, fields: Fields, ordered: bool, messages: list[Message]) -> list[Fields]:
    more = []
    prefix_bytes = 6 if ordered else 4
    while fields.left() >= prefix_bytes:
        kind, size_bytes, flags = fields.number(1), fields.number(2), fields.number(1)
        fields.skip(prefix_bytes - 4)
        body = fields.part(size_bytes)
        if kind == CONTINUATION:
            address, length = body.number(8), body.number(8)
            part = storage.block(address, length, "a part of an object header")
            part.signature(b"OCHK")
            if part.left() < 4:
                raise Hdf5Error(f"a part of an object header at byte {address} is too short")
            more.append(part.part(part.left() - 4))  # without its checksum
        else:
            _keep(kind, flags, body, messages)
    return more


def _keep(kind: int, flags: int, body: Fields, messages: list[Message]) -> None:
    if kind not in _USED:
        return
    if flags & _SHARED:
        raise Hdf5Error(f"the message at byte {body.place} stands elsewhere, which Keras does not write")
    messages.append(Message(kind, body))
