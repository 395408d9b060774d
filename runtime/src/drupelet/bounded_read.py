"""Reads a file in memory that grows with the bytes that are there, whatever length a file claims to have."""

from __future__ import annotations

from io import BytesIO

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import IO

CHUNK_BYTES = 1 << 20
"""Bytes that are asked for at a time. ``file.read(n)`` takes memory for all n before it reads the first of them."""


def read_at_most(file: IO[bytes], limit_bytes: int) -> bytes:
    """The rest of an open file; of one that is longer, ``limit_bytes + 1`` bytes, which shows that it is too long."""
    content = BytesIO()  # whose bytes are handed over, not copied
    left = limit_bytes + 1
    while left > 0:
        chunk = file.read(min(left, CHUNK_BYTES))
        if not chunk:
            break
        left -= content.write(chunk)
    return content.getvalue()
