"""Reads a file in memory that grows with the bytes that are there, whatever length a file claims to have."""

from __future__ import annotations

from io import BytesIO

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import IO

CHUNK_BYTES = 1 << 21
"""Bytes that are asked for at a time. ``file.read(n)`` takes memory for all n before it reads the first of them."""


def read_at_most(file: IO[bytes], limit_bytes: int) -> bytes:
    """The rest of an open file; of one that is longer, ``limit_bytes + 1`` bytes, which shows that it is too long."""
    left = limit_bytes + 1
    first = file.read(min(left, CHUNK_BYTES))
    left -= len(first)
    more = file.read(min(left, CHUNK_BYTES)) if first and left > 0 else b""
    if not more:
        return first  # not copied
    content = BytesIO()  # whose bytes are handed over, not copied
    content.write(first)
    del first
    while more:
        left -= content.write(more)
        more = file.read(min(left, CHUNK_BYTES)) if left > 0 else b""
    return content.getvalue()
