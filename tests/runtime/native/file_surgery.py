"""Changes to a .drupelet file that leave its checksums and sizes right, so that the checks behind them are reached."""

import struct
import zlib

from drupelet.model_file import ALIGNMENT, HEADER, SECTION, read_model_file
from drupelet.vocabulary import HEADER as VOCABULARY_HEADER

# Where the fields of a table entry are.
NAME, KIND, DTYPE, RANK, CRC, SHAPE, OFFSET, SIZE = 0, 48, 52, 56, 60, 64, 80, 88


def u32(*values):
    return struct.pack(f"<{len(values)}I", *values)


def u64(*values):
    return struct.pack(f"<{len(values)}Q", *values)


def patched(content, at, new):
    """The bytes with others from a place on."""
    return content[:at] + new + content[at + len(new) :]


def parts_of(content):
    """The sections of a sound file: [name, kind, dtype, shape, payload] each, to be changed and joined again."""
    return [
        [s.name.encode(), s.kind, s.dtype, s.shape, content[s.offset_bytes : s.offset_bytes + s.size_bytes]]
        for s in read_model_file(content).sections
    ]


def joined(parts):
    """The file of such sections."""
    at = HEADER.size + len(parts) * SECTION.size
    table, body = b"", b""
    for name, kind, dtype, shape, payload in parts:
        gap = -at % ALIGNMENT
        table += SECTION.pack(name, kind, dtype, len(shape), zlib.crc32(payload), *(*shape, 0, 0, 0, 0)[:4],
                              at + gap, len(payload))  # fmt: skip
        body += bytes(gap) + payload
        at += gap + len(payload)
    head = struct.pack("<8sIIQII32x", b"\x89DRPLT\r\n", 3, 0x01020304, at, len(parts), zlib.crc32(table))
    return head + table + body


def with_payload(content, name, change):
    """The file whose section of that name holds what ``change`` makes of its payload."""
    parts = parts_of(content)
    (part,) = (part for part in parts if part[0].decode() == name)
    part[4] = change(part[4])
    return joined(parts)


def with_bytes(content, name, at, new):
    """The file with other bytes at a place of one section."""
    return with_payload(content, name, lambda payload: patched(payload, at, new))


def sealed_vocabulary(payload):
    """A vocabulary whose checksum is right."""
    return patched(payload, 32, u32(zlib.crc32(payload[VOCABULARY_HEADER.size :])))
