"""The compact vocabulary file: looks up the id of a word in the bytes of the file, without a dict of all words.

Words are sorted by their UTF-8 bytes and front-coded in blocks: the first word of a block is whole, each other word states
the number of bytes that it shares with the word before it. A look-up is a binary search among the first words of the blocks,
which are decoded when the file is opened, and a scan of one block.

A file is of one of two kinds. Kind ``rank`` gives the words the last ids, in their order: it is inside every .drupelet file.
Kind ``table`` holds an id for each word, so the ids may be those of the Keras model: it is the vocabulary of a bundle.
``docs/format.md`` is the specification. The constants here are its only copy in code; the writer in ``drupelet_export``
imports them.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_right

from drupelet.errors import FormatError, VersionError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"DRPVOCAB"
VERSION = 2
HEADER = struct.Struct("<8sIIIIIII")
"""magic, version, kind, block_words, word_count, id_count, entries_size_bytes, crc32 of all that follows the header."""

KINDS = ("rank", "table")
"""The kinds of a file. The position of a name is its code in the file."""

BLOCK_WORDS = 32
"""Words per block of kind ``rank``, as written. On the 19,998 words of the reference vocabulary, blocks of 16, 32 and 64 words
take 4.07, 3.80 and 3.67 bytes per word, and a look-up that is not cached takes times of 1 : 1.5 : 2.1."""

TABLE_BLOCK_WORDS = 128
"""Words per block of kind ``table``, as written. On the same words, blocks of 32, 64, 128 and 256 words take 5.68, 5.55, 5.48
and 5.45 bytes per word with the ids (15 bits each), and a look-up that is not cached takes times of 1 : 1.4 : 2.2 : 3.5."""

ESCAPE = 15
"""Nibble of a length of 15 or more; the rest of the length follows as a LEB128 number."""

MAX_IDS = 1 << 24
"""Most ids: more than any text corpus has words, and few enough that ids are exact in a float32."""

MAX_WORD_BYTES = 1 << 16
"""Longest word, so that a length field cannot ask for more memory."""

CACHE_WORDS = 4096
CACHE_WORD_CHARACTERS = 32
"""Most words in each of the two parts of the cache (the 5,000 most frequent words are 89 % of running text) and the longest of
them. With both bounds a part stays below one megabyte, whatever the texts are. When one part is full, it takes the place of the
other: frequent words are not forgotten with the rare ones."""


class Vocabulary:
    """The words of one vocabulary file and their ids. Safe to share between threads.

    ``kind`` is ``rank`` (the id of a word is ``first_id`` plus its rank among the words sorted by UTF-8 bytes) or ``table``
    (the file states the id of each word). ``id_count`` is the number of ids, those of no word included (padding, unknown
    word, ...): the rows that the embedding must have.
    """

    def __init__(self, content: bytes, where: str = "vocabulary.bin") -> None:
        """Open the bytes of a vocabulary file. Raises FormatError or VersionError, naming ``where``."""
        if len(content) < HEADER.size:
            raise FormatError(f"{where}: {len(content)} bytes, expected at least the {HEADER.size} of a header")
        magic, version, kind, block_words, word_count, id_count, entries_size, crc = HEADER.unpack_from(content)
        if magic != MAGIC:
            raise FormatError(f"{where}: starts with {magic!r}, expected {MAGIC!r}: not a drupelet vocabulary")
        if version != VERSION:
            raise VersionError(
                f"{where}: vocabulary format {version}, this release reads {VERSION}; upgrade drupelet or export again"
            )
        if kind >= len(KINDS):
            raise FormatError(f"{where}: vocabulary of kind {kind}, expected 0 ({KINDS[0]}) or 1 ({KINDS[1]}); upgrade")
        if not word_count <= id_count <= MAX_IDS or not 1 <= block_words <= 256:
            raise FormatError(
                f"{where}: {word_count} words with {id_count} ids in blocks of {block_words}, expected an id for each word, up "
                f"to {MAX_IDS} ids, and blocks of 1-256"
            )
        blocks = -(-word_count // block_words)
        self._id_bits = id_bits(id_count) if KINDS[kind] == "table" else 0
        entries_at = HEADER.size + 4 * blocks
        table_at = entries_at + entries_size
        expected_size = table_at + -(-word_count * self._id_bits // 8)
        if len(content) != expected_size:
            raise FormatError(f"{where}: {len(content)} bytes, its header announces {expected_size}; copy it again")
        actual_crc = zlib.crc32(memoryview(content)[HEADER.size :])
        if actual_crc != crc:
            raise FormatError(f"{where}: checksum {actual_crc:08x}, its header says {crc:08x}; copy it again")
        self.kind = KINDS[kind]
        self.id_count: int = id_count
        self._where = where
        self._word_count: int = word_count
        self._block_words: int = block_words
        self._offsets: tuple[int, ...] = struct.unpack_from(f"<{blocks}I", content, HEADER.size)
        self._entries = bytes(memoryview(content)[entries_at:table_at])
        self._table = bytes(memoryview(content)[table_at:])
        self._recent: dict[str, int] = {}
        self._earlier: dict[str, int] = {}
        if any(low >= high for low, high in zip(self._offsets, (*self._offsets[1:], entries_size))):
            raise FormatError(f"{where}: block offsets do not ascend within {entries_size} bytes; export it again")
        first = self._offsets[0] if blocks else entries_size
        if first != 0:
            raise FormatError(f"{where}: the first block starts at {first}, expected 0; export it again")
        self._first_words = [next(self._block(block)) for block in range(blocks)]
        # A look-up is a search among them, and two searches may go different ways where they do not ascend.
        for block in range(1, blocks):
            if self._first_words[block - 1] >= self._first_words[block]:
                raise FormatError(
                    f"{where}: the first word of block {block} is not greater than that of the block before; "
                    "copy or export it again"
                )
        unused_bits = 8 * len(self._table) - word_count * self._id_bits
        if self._table and self._table[-1] >> (8 - unused_bits):
            raise FormatError(f"{where}: the last {unused_bits} bits behind the ids are not zero; export it again")

    def __len__(self) -> int:
        """The number of words."""
        return self._word_count

    @property
    def identity(self) -> object:
        """Equal for two vocabularies whose files hold the same words with the same ids, byte for byte."""
        return self.kind, self.id_count, self._word_count, self._block_words, self._offsets, self._entries, self._table

    @property
    def first_id(self) -> int:
        """The id of the first word in a file of kind ``rank``; the ids below it belong to no word."""
        return self.id_count - self._word_count

    def id_of(self, word: str) -> int | None:
        """The id of a word, or None when the vocabulary lacks it. No vocabulary has a word with a lone surrogate."""
        found = self._recent.get(word)
        if found is None:
            found = self._earlier.get(word)
            if found is None:
                rank = self._rank(word.encode("utf-8", "surrogatepass"))
                found = -1 if rank is None else self._id_of_rank(rank)
            if len(word) <= CACHE_WORD_CHARACTERS:
                if len(self._recent) >= CACHE_WORDS:
                    self._earlier, self._recent = self._recent, {}
                self._recent[word] = found
        return None if found < 0 else found

    def __iter__(self) -> Iterator[str]:
        """The words, sorted by their UTF-8 bytes.

        Raises FormatError when they are not sorted, not UTF-8, or not as many as the header says.
        """
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

    def ids(self) -> list[int]:
        """The ids of the words, in the order of the words. Raises FormatError when two words have the same id."""
        ids: dict[int, int] = {}
        for rank in range(self._word_count):
            found = self._id_of_rank(rank)
            if ids.setdefault(found, rank) != rank:
                raise FormatError(
                    f"{self._where}: words {ids[found]} and {rank} have the id {found}, expected distinct ids; export it again"
                )
        return list(ids)

    def check(self) -> None:
        """Decodes every word and every id, so that damage shows now and not at a later look-up. Raises FormatError."""
        self.ids()
        for _ in self:
            pass

    def _id_of_rank(self, rank: int) -> int:
        if self.kind == "rank":
            return self.first_id + rank
        bits = self._id_bits
        first, shift = divmod(rank * bits, 8)
        packed = int.from_bytes(self._table[first : first + (shift + bits + 7) // 8], "little")
        found = packed >> shift & ((1 << bits) - 1)
        if found >= self.id_count:
            raise FormatError(
                f"{self._where}: word {rank} has id {found}, expected one of {self.id_count}; export it again"
            )
        return found

    def _rank(self, word: bytes) -> int | None:
        """The place of a word among the sorted words, or None.

        No word of the block is put together. The word before shares ``matched`` bytes with the wanted one, and is smaller in
        the byte behind them. So a word that shares more bytes with the word before is smaller too, and one that shares fewer is
        greater.
        """
        block = bisect_right(self._first_words, word) - 1
        if block < 0:
            return None
        at, end = self._bounds(block)
        expected = self._words_in(block)
        entries, size = self._entries, len(word)
        matched = length = 0
        for place in range(expected):
            if at >= end:
                raise self._miscounted(block, place)
            control = entries[at]
            at += 1
            shared, added = control >> 4, control & 15
            if shared == ESCAPE or added == ESCAPE:
                shared, added, at = self._long(shared, added, at, end)
            if shared > length or added == 0 or at + added > end or shared + added > MAX_WORD_BYTES:
                raise self._broken(block)
            length = shared + added
            if shared < matched:
                return None
            if shared == matched:
                suffix = entries[at : at + added]
                wanted = word[matched : matched + added]
                if suffix == wanted:
                    matched += added
                    if matched == size:
                        return block * self._block_words + place
                elif suffix > wanted:
                    return None
                else:
                    matched += next(n for n, (a, b) in enumerate(zip(suffix, wanted)) if a != b)
            at += added
        if at != end:
            raise self._miscounted(block, expected + 1)
        return None

    def _bounds(self, block: int) -> tuple[int, int]:
        """The places of a block's first byte and of the byte behind it, among the entries."""
        end = self._offsets[block + 1] if block + 1 < len(self._offsets) else len(self._entries)
        return self._offsets[block], end

    def _words_in(self, block: int) -> int:
        return min(self._block_words, self._word_count - block * self._block_words)

    def _block(self, block: int) -> Iterator[bytes]:
        """The words of one block, in order."""
        at, end = self._bounds(block)
        entries = self._entries
        word = b""
        count, expected = 0, self._words_in(block)
        while at < end:
            count += 1
            if count > expected:
                break
            control = entries[at]
            at += 1
            shared, added = control >> 4, control & 15
            if shared == ESCAPE or added == ESCAPE:
                shared, added, at = self._long(shared, added, at, end)
            if shared > len(word) or added == 0 or at + added > end or shared + added > MAX_WORD_BYTES:
                raise self._broken(block)
            word = word[:shared] + entries[at : at + added]
            at += added
            yield word
        if count != expected:
            raise self._miscounted(block, count)

    def _broken(self, block: int) -> FormatError:
        return FormatError(f"{self._where}: block {block} has an entry that leaves it; copy or export it again")

    def _miscounted(self, block: int, count: int) -> FormatError:
        expected = self._words_in(block)
        return FormatError(
            f"{self._where}: block {block} holds {count} words{' or more' if count > expected else ''}, expected "
            f"{expected}; export it again"
        )

    def _long(self, shared: int, added: int, at: int, end: int) -> tuple[int, int, int]:
        """Both lengths of an entry with the numbers that follow its control byte, and the place behind those."""
        if shared == ESCAPE:
            more, at = self._leb128(at, end)
            shared += more
        if added == ESCAPE:
            more, at = self._leb128(at, end)
            added += more
        return shared, added, at

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


def id_bits(id_count: int) -> int:
    """The bits of one id in a file of kind ``table``: the fewest that hold the largest of ``id_count`` ids."""
    return (id_count - 1).bit_length() if id_count else 0
