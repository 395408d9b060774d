"""Writes the compact vocabulary files that :class:`drupelet.vocabulary.Vocabulary` reads."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence

from drupelet.errors import InputError
from drupelet.vocabulary import (
    BLOCK_WORDS,
    ESCAPE,
    HEADER,
    KINDS,
    MAGIC,
    MAX_IDS,
    MAX_WORD_BYTES,
    TABLE_BLOCK_WORDS,
    VERSION,
    id_bits,
)
from drupelet_export.model.description import ModelDescription


def bundle_vocabulary(model: ModelDescription) -> bytes:
    """The vocabulary file of a bundle: the words of a model with its own ids, the rows of its embedding."""
    words = {word: row for word, row in model.row_of.items() if word}  # no text has the empty word
    return emit_id_table(words, len(model.vocabulary))


def emit_id_table(ids: Mapping[str, int], id_count: int) -> bytes:
    """The bytes of a vocabulary file of kind ``table`` for words with these ids, all below ``id_count``.

    Raises InputError for two words with one id, an empty or too long word, or too many ids.
    """
    words = sorted(ids, key=str.encode)
    if len(set(ids.values())) != len(ids) or not all(0 <= row < id_count for row in ids.values()):
        raise InputError(f"vocabulary: the ids of its words are not distinct numbers below {id_count}")
    bits = id_bits(id_count)
    table, packed, held = bytearray(), 0, 0
    for word in words:
        packed |= ids[word] << held
        held += bits
        while held >= 8:
            table.append(packed & 255)
            packed >>= 8
            held -= 8
    if held:
        table.append(packed)
    return _file("table", words, id_count, TABLE_BLOCK_WORDS, bytes(table))


def emit_vocabulary(words: Sequence[str], first_id: int) -> bytes:
    """The bytes of a vocabulary file of kind ``rank`` for these words. Word number k gets the id ``first_id + k``.

    The words must be distinct, not empty and sorted by their UTF-8 bytes. Raises InputError otherwise.
    """
    return _file("rank", words, first_id + len(words), BLOCK_WORDS, b"")


def _file(kind: str, words: Sequence[str], id_count: int, block_words: int, table: bytes) -> bytes:
    """A vocabulary file of these words with what follows its entries."""
    encoded = [word.encode("utf-8") for word in words]
    if id_count > MAX_IDS:
        raise InputError(f"vocabulary: {id_count} ids, expected at most {MAX_IDS}")
    for previous, word in zip([b"", *encoded], encoded, strict=False):
        if word <= previous:
            raise InputError(f"vocabulary: {word!r} comes after {previous!r}, expected distinct words in byte order")
        if len(word) > MAX_WORD_BYTES:
            raise InputError(f"vocabulary: a word of {len(word)} bytes, expected at most {MAX_WORD_BYTES}")
    offsets = []
    entries = bytearray()
    for start in range(0, len(encoded), block_words):
        offsets.append(len(entries))
        previous = b""
        for word in encoded[start : start + block_words]:
            shared = _shared_bytes(previous, word)
            entries += _entry(shared, word[shared:])
            previous = word
    body = struct.pack(f"<{len(offsets)}I", *offsets) + bytes(entries) + table
    numbers = (KINDS.index(kind), block_words, len(encoded), id_count, len(entries))
    return HEADER.pack(MAGIC, VERSION, *numbers, zlib.crc32(body)) + body


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
