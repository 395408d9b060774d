"""Writes the compact vocabulary file that :class:`drupelet.vocabulary.Vocabulary` reads."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from drupelet.errors import InputError
from drupelet.vocabulary import BLOCK_WORDS, ESCAPE, HEADER, MAGIC, MAX_WORD_BYTES, MAX_WORDS, VERSION


def emit_vocabulary(words: Sequence[str], first_id: int) -> bytes:
    """The bytes of the vocabulary file for these words. Word number k gets the id ``first_id + k``.

    The words must be distinct, not empty and sorted by their UTF-8 bytes. Raises InputError otherwise.
    """
    encoded = [word.encode("utf-8") for word in words]
    if len(encoded) > MAX_WORDS:
        raise InputError(f"vocabulary: {len(encoded)} words, expected at most {MAX_WORDS}")
    for previous, word in zip([b"", *encoded], encoded, strict=False):
        if word <= previous:
            raise InputError(f"vocabulary: {word!r} comes after {previous!r}, expected distinct words in byte order")
        if len(word) > MAX_WORD_BYTES:
            raise InputError(f"vocabulary: a word of {len(word)} bytes, expected at most {MAX_WORD_BYTES}")
    offsets = []
    entries = bytearray()
    for start in range(0, len(encoded), BLOCK_WORDS):
        offsets.append(len(entries))
        previous = b""
        for word in encoded[start : start + BLOCK_WORDS]:
            shared = _shared_bytes(previous, word)
            entries += _entry(shared, word[shared:])
            previous = word
    body = struct.pack(f"<{len(offsets)}I", *offsets) + bytes(entries)
    return HEADER.pack(MAGIC, VERSION, BLOCK_WORDS, len(encoded), first_id, len(entries), zlib.crc32(body)) + body


def _shared_bytes(a: bytes, b: bytes) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _entry(shared: int, suffix: bytes) -> bytes:
    lengths = (shared, len(suffix))
    control = bytes([min(shared, ESCAPE) << 4 | min(len(suffix), ESCAPE)])
    return control + b"".join(_leb128(length - ESCAPE) for length in lengths if length >= ESCAPE) + suffix


def _leb128(value: int) -> bytes:
    encoded = bytearray()
    while value >= 128:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
