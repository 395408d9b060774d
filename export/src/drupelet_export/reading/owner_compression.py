"""Compressed files: joblib and owners compress pickles and JSON with zlib, gzip, bz2, xz or lzma."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Any

from drupelet.errors import InputError

MAX_CONTENT_BYTES = 1 << 29
"""Largest content, compressed or not. A Tokenizer of a million words takes 80 MB; the vectors of GloVe 6B.100d take 350 MB."""
MAX_LZMA_MEMORY_BYTES = 1 << 28
"""Most memory for the window of lzma, which the file itself chooses."""
MAX_PARTS = 1000
"""Most compressed parts that are joined in one file. Programs write one."""

_GZIP = 16 + zlib.MAX_WBITS
_FORMATS: tuple[tuple[str, re.Pattern[bytes], Callable[[], Any]], ...] = (
    ("gzip", re.compile(rb"\x1f\x8b\x08"), lambda: zlib.decompressobj(_GZIP)),
    ("bz2", re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
    ("xz", re.compile(rb"\xfd7zXZ\0"), lambda: lzma.LZMADecompressor(memlimit=MAX_LZMA_MEMORY_BYTES)),
    ("lzma", re.compile(rb"\x5d\0\0", re.DOTALL), lambda: lzma.LZMADecompressor(memlimit=MAX_LZMA_MEMORY_BYTES)),
    ("zlib", re.compile(rb"\x78[\x01\x5e\x9c\xda]"), zlib.decompressobj),
)
"""The name of each format, how it begins, and what reads it."""


def decompressed(content: bytes, where: str) -> tuple[bytes, str | None]:
    """The content of a file that may be compressed, and the name of the compression. Raises InputError for a damaged one."""
    for name, start, make in _FORMATS:
        if start.match(content):
            try:
                return _parts(content, start, make, where, name), name
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError) as error:
                if name == "zlib" and _is_text(content):
                    return content, None  # "x^" is how a text may begin
                raise InputError(
                    f"{where}: cannot be decompressed ({name}: {error!s:.100}); expected whole {name} data; copy the file again"
                ) from error
    return content, None


def _parts(content: bytes, start: re.Pattern[bytes], make: Callable[[], Any], where: str, name: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for _ in range(MAX_PARTS):
        reader = make()
        part = reader.decompress(content, MAX_CONTENT_BYTES - size + 1)
        size += len(part)
        parts.append(part)
        if size > MAX_CONTENT_BYTES:
            raise InputError(
                f"{where}: more than {MAX_CONTENT_BYTES} bytes when decompressed ({name}), which is the limit; write the words "
                "alone, as a JSON list"
            )
        if not reader.eof:
            raise EOFError("the data ends too early")
        content = reader.unused_data
        if not start.match(content):
            return b"".join(parts)
    raise InputError(f"{where}: more than {MAX_PARTS} compressed parts, which is the limit; compress the content once")


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
