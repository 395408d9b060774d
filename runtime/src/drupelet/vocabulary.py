"""The compact vocabulary file: looks up the id of a word in the bytes of the file, without a dict of all words.

Words are sorted by their UTF-8 bytes and front-coded in blocks: the first word of a block is whole, each other word states
the number of bytes that it shares with the word before it. A look-up is a binary search over the blocks and a scan of one.
``docs/format.md`` is the specification. The constants here are its only copy in code; the writer in ``drupelet_export``
imports them.
"""

from __future__ import annotations

import struct
import zlib

from drupelet.errors import FormatError, VersionError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"DRPVOCAB"
VERSION = 1
HEADER = struct.Struct("<8sIIIIII")
"""magic, version, block_words, word_count, first_id, entries_size_bytes, crc32 of all that follows the header."""

BLOCK_WORDS = 32
"""Words per block, as written. On the 19,998 words of the reference vocabulary, blocks of 16, 32 and 64 words take 4.07, 3.80
and 3.67 bytes per word, and a look-up that is not cached takes times of 1 : 1.2 : 1.65."""

ESCAPE = 15
"""Nibble of a length of 15 or more; the rest of the length follows as a LEB128 number."""

MAX_WORDS = 1 << 24
"""Most words: more than any text corpus has, and few enough that ids are exact in a float32."""

MAX_WORD_BYTES = 1 << 16
"""Longest word, so that a length field cannot ask for more memory."""

CACHE_WORDS = 4096
CACHE_WORD_CHARACTERS = 32
"""Most words in the cache (the 5,000 most frequent words are 89 % of running text) and the longest of them. With both bounds
the cache stays below one megabyte, whatever the texts are."""


class Vocabulary:
    """The words of one vocabulary file and their ids: ``first_id`` plus the rank among the words sorted by UTF-8 bytes.

    Ids below ``first_id`` belong to no word (padding, unknown word). Safe to share between threads.
    """

    def __init__(self, content: bytes, where: str = "vocabulary.bin") -> None:
        """Open the bytes of a vocabulary file. Raises FormatError or VersionError, naming ``where``."""
        if len(content) < HEADER.size:
            raise FormatError(f"{where}: {len(content)} bytes, expected at least the {HEADER.size} of a header")
        magic, version, block_words, word_count, first_id, entries_size, crc = HEADER.unpack_from(content)
        if magic != MAGIC:
            raise FormatError(f"{where}: starts with {magic!r}, expected {MAGIC!r}: not a drupelet vocabulary")
        if version != VERSION:
            raise VersionError(
                f"{where}: vocabulary format {version}, this release reads {VERSION}; upgrade drupelet or export again"
            )
        if word_count > MAX_WORDS or not 1 <= block_words <= 256:
            raise FormatError(
                f"{where}: {word_count} words in blocks of {block_words}, expected up to {MAX_WORDS} in blocks of 1-256"
            )
        blocks = -(-word_count // block_words)
        expected_size = HEADER.size + 4 * blocks + entries_size
        if len(content) != expected_size:
            raise FormatError(f"{where}: {len(content)} bytes, its header announces {expected_size}; copy it again")
        actual_crc = zlib.crc32(memoryview(content)[HEADER.size :])
        if actual_crc != crc:
            raise FormatError(f"{where}: checksum {actual_crc:08x}, its header says {crc:08x}; copy it again")
        self.first_id: int = first_id
        self._where = where
        self._word_count: int = word_count
        self._block_words: int = block_words
        self._offsets: tuple[int, ...] = struct.unpack_from(f"<{blocks}I", content, HEADER.size)
        self._entries = bytes(memoryview(content)[expected_size - entries_size :])
        self._cache: dict[str, int] = {}
        if any(low >= high for low, high in zip(self._offsets, (*self._offsets[1:], entries_size))):
            raise FormatError(f"{where}: block offsets do not ascend within {entries_size} bytes; export it again")
        first = self._offsets[0] if blocks else entries_size
        if first != 0:
            raise FormatError(f"{where}: the first block starts at {first}, expected 0; export it again")

    def __len__(self) -> int:
        """The number of words."""
        return self._word_count

    @property
    def id_count(self) -> int:
        """The number of ids, including those of no word: the rows that the embedding must have."""
        return self.first_id + self._word_count

    def id_of(self, word: str) -> int | None:
        """The id of a word, or None when the vocabulary lacks it. No vocabulary has a word with a lone surrogate."""
        found = self._cache.get(word)
        if found is None:
            rank = self._rank(word.encode("utf-8", "surrogatepass"))
            found = -1 if rank is None else self.first_id + rank
            if len(word) <= CACHE_WORD_CHARACTERS:
                if len(self._cache) >= CACHE_WORDS:
                    self._cache.clear()
                self._cache[word] = found
        return None if found < 0 else found

    def __iter__(self) -> Iterator[str]:
        """The words in id order. Raises FormatError when they are not sorted, not UTF-8, or not as many as the header says."""
        previous = b""
        for block in range(len(self._offsets)):
            for word in self._block(block):
                if word <= previous:
                    raise FormatError(f"{self._where}: {word!r} stands after {previous!r}, expected ascending words")
                previous = word
                try:
                    yield word.decode()
                except UnicodeDecodeError as error:
                    raise FormatError(f"{self._where}: {word!r} is not UTF-8; export it again") from error

    def _rank(self, word: bytes) -> int | None:
        low, high = 0, len(self._offsets)
        while low < high:
            middle = (low + high) // 2
            if next(self._block(middle)) <= word:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return None
        for place, candidate in enumerate(self._block(low - 1)):
            if candidate >= word:
                return (low - 1) * self._block_words + place if candidate == word else None
        return None

    def _block(self, block: int) -> Iterator[bytes]:
        """The words of one block, in order."""
        at = self._offsets[block]
        end = self._offsets[block + 1] if block + 1 < len(self._offsets) else len(self._entries)
        entries = self._entries
        word = b""
        count, expected = 0, min(self._block_words, self._word_count - block * self._block_words)
        while at < end:
            count += 1
            if count > expected:
                break
            control = entries[at]
            at += 1
            shared, added = control >> 4, control & 15
            if shared == ESCAPE:
                more, at = self._leb128(at, end)
                shared += more
            if added == ESCAPE:
                more, at = self._leb128(at, end)
                added += more
            if shared > len(word) or added == 0 or at + added > end or shared + added > MAX_WORD_BYTES:
                raise FormatError(f"{self._where}: block {block} has an entry that leaves it; copy or export it again")
            word = word[:shared] + entries[at : at + added]
            at += added
            yield word
        if count != expected:
            raise FormatError(
                f"{self._where}: block {block} holds {count} words{' or more' if count > expected else ''}, expected "
                f"{expected}; export it again"
            )

    def _leb128(self, at: int, end: int) -> tuple[int, int]:
        """The number at ``at``, and the place behind it."""
        value = shift = 0
        while at < end and shift <= 14:
            byte = self._entries[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
            shift += 7
        raise FormatError(f"{self._where}: a length does not end; copy or export it again")
