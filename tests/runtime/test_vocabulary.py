import struct
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, FormatError, VersionError
from drupelet.vocabulary import (
    BLOCK_WORDS,
    CACHE_WORD_CHARACTERS,
    CACHE_WORDS,
    HEADER,
    MAGIC,
    MAX_IDS,
    MAX_WORD_BYTES,
    TABLE_BLOCK_WORDS,
    Vocabulary,
    id_bits,
)
from runtime.format_writer import table_vocabulary_file, vocabulary_file
from runtime.networks import GOLDEN_BUNDLE, TINY_KERAS_IDS, TINY_WORDS

WORDS = ["a", "an", "ant", "bee", "b\u00e9e"]
KERAS_IDS = dict(zip(TINY_WORDS, TINY_KERAS_IDS))
LITERAL = (
    b"DRPVOCAB"  # magic
    b"\x02\x00\x00\x00"  # version
    b"\x00\x00\x00\x00"  # kind: rank
    b"\x20\x00\x00\x00"  # words a block
    b"\x05\x00\x00\x00"  # words
    b"\x07\x00\x00\x00"  # ids
    b"\x0e\x00\x00\x00"  # bytes of entries
    b"\x9e\xb5\xab\xb9"  # crc32 of what follows
    b"\x00\x00\x00\x00"  # block 0 starts at entry byte 0
    b"\x01a"  # shares 0, adds 1
    b"\x11n"  # shares 1, adds 1
    b"\x21t"  # shares 2, adds 1
    b"\x03bee"
    b"\x13\xc3\xa9e"  # shares "b", adds the two bytes of an e with acute accent, and an e
)
TABLE = (
    b"DRPVOCAB"
    b"\x02\x00\x00\x00"  # version
    b"\x01\x00\x00\x00"  # kind: table
    b"\x80\x00\x00\x00"  # words a block
    b"\x05\x00\x00\x00"  # words
    b"\x0a\x00\x00\x00"  # ids, so an id has 4 bits
    b"\x0e\x00\x00\x00"  # bytes of entries
    b"\xc1\x8b\x32\x86"  # crc32 of what follows
    b"\x00\x00\x00\x00"  # block 0 starts at entry byte 0
    b"\x01a\x11n\x21t\x03bee\x13\xc3\xa9e"  # the same words
    b"\x94\x02\x07"  # ids 4 and 9, 2 and 0, 7: the first of two is in the low bits
)
words_lists = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=24), unique=True)
near_alphabet = st.lists(st.text("ab\u00e9", min_size=1, max_size=8), unique=True, max_size=80)


def seal(body, **changes):
    """A vocabulary file with this body and a right checksum; ``changes`` are fields of its header."""
    words = changes.get("word_count", 1)
    head = {"magic": MAGIC, "version": 2, "kind": 0, "block_words": BLOCK_WORDS, "word_count": words, "id_count": words}
    return HEADER.pack(*{**head, "entries_size": 0, **changes}.values(), zlib.crc32(body)) + body


def one_block(*entries, word_count=None):
    joined = b"".join(entries)
    return seal(
        bytes(4) + joined, word_count=len(entries) if word_count is None else word_count, entries_size=len(joined)
    )


def in_byte_order(words):
    return sorted(words, key=str.encode)


def test_a_file_written_out_byte_by_byte_is_what_the_writer_writes():
    assert vocabulary_file(WORDS, 2) == LITERAL


def test_a_file_written_out_byte_by_byte_reads_back():
    vocabulary = Vocabulary(LITERAL)
    assert list(vocabulary) == WORDS
    assert [vocabulary.id_of(word) for word in WORDS] == [2, 3, 4, 5, 6]
    assert (vocabulary.kind, len(vocabulary), vocabulary.first_id, vocabulary.id_count) == ("rank", 5, 2, 7)
    assert vocabulary.ids() == [2, 3, 4, 5, 6]


def test_a_table_of_ids_written_out_byte_by_byte():
    ids = dict(zip(WORDS, [4, 9, 2, 0, 7]))
    assert table_vocabulary_file(ids, 10) == TABLE
    vocabulary = Vocabulary(TABLE)
    assert (vocabulary.kind, len(vocabulary), vocabulary.id_count) == ("table", 5, 10)
    assert list(vocabulary) == WORDS
    assert vocabulary.ids() == [4, 9, 2, 0, 7]
    assert {word: vocabulary.id_of(word) for word in WORDS} == ids
    assert vocabulary.id_of("no") is None
    vocabulary.check()


def test_the_example_of_the_specification():
    body = bytes.fromhex("00000000 0161 1162 0162")
    head = bytes.fromhex("4452 5056 4f43 4142 02000000 00000000 20000000 03000000 05000000 06000000")
    assert vocabulary_file(["a", "ab", "b"], 2) == head + struct.pack("<I", zlib.crc32(body)) + body


def test_the_example_of_a_table_in_the_specification():
    body = bytes.fromhex("00000000 0161 1162 0162 1a 01")
    head = bytes.fromhex("4452 5056 4f43 4142 02000000 01000000 80000000 03000000 06000000 06000000")
    ids = {"b": 4, "a": 2, "ab": 3}
    assert table_vocabulary_file(ids, 6) == head + struct.pack("<I", zlib.crc32(body)) + body
    assert Vocabulary(table_vocabulary_file(ids, 6)).ids() == [2, 3, 4]


def test_long_lengths_are_a_nibble_and_leb128():
    first, second = "x" * 200, "x" * 199 + "y"
    entries = b"\x0f\xb9\x01" + b"x" * 200 + b"\xf1\xb8\x01y"  # 15 + 185 bytes added; 15 + 184 shared, 1 added
    assert vocabulary_file([first, second], 0) == one_block(entries, word_count=2)
    assert list(Vocabulary(one_block(entries, word_count=2))) == [first, second]


def test_the_golden_of_format_2_reads_and_is_written_the_same():
    content = (GOLDEN_BUNDLE / "vocabulary.bin").read_bytes()
    vocabulary = Vocabulary(content)
    assert (vocabulary.kind, list(vocabulary), vocabulary.ids()) == ("table", sorted(KERAS_IDS), TINY_KERAS_IDS)
    assert table_vocabulary_file(KERAS_IDS, 16) == content


@settings(deadline=None)
@given(words_lists | near_alphabet, st.data())
@example([f"{number:05}" for number in range(3 * TABLE_BLOCK_WORDS)], None)
def test_words_round_trip_with_any_ids(words, data):
    words = in_byte_order(words)
    if data is None:
        ids, id_count = [7 * place % 2003 for place in range(len(words))], 2003
    else:
        id_count = data.draw(st.integers(len(words), len(words) + 300) | st.sampled_from([1 << 12, 1 << 16, MAX_IDS]))
        id_count = max(id_count, len(words))
        ids = data.draw(
            st.lists(st.integers(0, max(id_count - 1, 0)), min_size=len(words), max_size=len(words), unique=True)
        )
    vocabulary = Vocabulary(table_vocabulary_file(dict(zip(words, ids)), id_count))
    vocabulary.check()
    assert (list(vocabulary), vocabulary.ids(), vocabulary.id_count) == (words, ids, id_count)
    assert [vocabulary.id_of(word) for word in words] == ids


@pytest.mark.parametrize(
    ("id_count", "bits"), [(0, 0), (1, 0), (2, 1), (3, 2), (256, 8), (257, 9), (20_000, 15), (MAX_IDS, 24)]
)
def test_the_bits_of_an_id(id_count, bits):
    assert id_bits(id_count) == bits


@settings(deadline=None)
@given(words_lists | near_alphabet, st.integers(0, 5))
@example(["x" * 14, "x" * 15, "x" * 16, "x" * 17], 1)
@example(["y" * 142, "y" * 143, "y" * 144, "z" * (15 + 127 + 1)], 1)
@example(["w" * MAX_WORD_BYTES, "w" * (MAX_WORD_BYTES - 1)], 0)
def test_words_round_trip_with_their_ids(words, first_id):
    words = in_byte_order(words)
    vocabulary = Vocabulary(vocabulary_file(words, first_id))
    assert list(vocabulary) == words
    assert [vocabulary.id_of(word) for word in words] == list(range(first_id, first_id + len(words)))
    assert vocabulary.id_count == first_id + len(words)


@settings(deadline=None)
@given(near_alphabet, st.lists(st.text("ab\u00e9c\x00", max_size=9)))
def test_words_that_are_not_there_are_not_found(words, others):
    vocabulary = Vocabulary(vocabulary_file(in_byte_order(words), 1))
    near = {word[:-1] for word in words} | {word + "a" for word in words} | {word + "\x00" for word in words}
    for other in {*others, *near, "", "\ud800"} - set(words):
        assert vocabulary.id_of(other) is None


@pytest.mark.parametrize("count", [0, 1, BLOCK_WORDS - 1, BLOCK_WORDS, BLOCK_WORDS + 1, 5 * BLOCK_WORDS])
def test_look_ups_at_the_ends_of_blocks(count):
    words = [f"{number:04}" for number in range(count)]
    vocabulary = Vocabulary(vocabulary_file(words, 3))
    assert [vocabulary.id_of(word) for word in words] == list(range(3, 3 + count))
    for odd in ("", "\x00", "0", "000", "00000", "zzzz", "\U0010ffff", *(word + "!" for word in words)):
        assert vocabulary.id_of(odd) is None


@pytest.mark.parametrize("word", ["\ud800", "a\udfff", "\udc80bee"])
def test_a_word_with_a_lone_surrogate_is_in_no_vocabulary(word):
    assert Vocabulary(LITERAL).id_of(word) is None


def test_answers_do_not_depend_on_what_was_asked_before():
    vocabulary = Vocabulary(LITERAL)
    assert [vocabulary.id_of(word) for word in ("ant", "no", "ant", "no")] == [4, None, 4, None]


def test_the_cache_is_bounded_in_entries_and_in_the_length_of_words():
    vocabulary = Vocabulary(LITERAL)
    for number in range(3 * CACHE_WORDS):
        assert vocabulary.id_of(f"x{number}") is None
    vocabulary.id_of("y" * (CACHE_WORD_CHARACTERS + 1))
    for part in (vocabulary._recent, vocabulary._earlier):
        assert len(part) <= CACHE_WORDS
        assert max(map(len, part)) <= CACHE_WORD_CHARACTERS
    assert vocabulary.id_of("ant") == 4


def test_a_word_that_comes_back_is_not_looked_up_again(monkeypatch):
    vocabulary = Vocabulary(LITERAL)
    looked_up = []
    rank = vocabulary._rank
    monkeypatch.setattr(vocabulary, "_rank", lambda word: looked_up.append(word) or rank(word))
    for number in range(3 * CACHE_WORDS):
        vocabulary.id_of(f"x{number}")
        assert vocabulary.id_of("ant") == 4
    assert looked_up.count(b"ant") == 1


def test_a_part_of_the_cache_stays_below_a_megabyte_whatever_the_texts_are():
    vocabulary = Vocabulary(LITERAL)
    for number in range(CACHE_WORDS):
        vocabulary.id_of(f"{number:<{CACHE_WORD_CHARACTERS - 1}}\U0001f600")
    assert len(vocabulary._recent) == CACHE_WORDS
    assert sum(map(sys.getsizeof, vocabulary._recent)) + sys.getsizeof(vocabulary._recent) < 1 << 20


def test_threads_that_share_a_vocabulary_get_the_same_answers():
    words = [f"{number:05}" for number in range(3 * CACHE_WORDS)]
    vocabulary = Vocabulary(vocabulary_file(words, 2))
    asked = [*words, *(word + "x" for word in words[::7])]
    expected = [*range(2, 2 + len(words)), *(None for _ in words[::7])]
    barrier = threading.Barrier(4)

    def ask(_):
        barrier.wait()
        return [vocabulary.id_of(word) for word in asked]

    with ThreadPoolExecutor(4) as pool:
        assert all(answer == expected for answer in pool.map(ask, range(4)))


@pytest.mark.parametrize("size", [0, 1, HEADER.size - 1])
def test_a_file_shorter_than_its_header(size):
    with pytest.raises(FormatError, match=rf"^here: {size} bytes, expected at least the 36 of a header"):
        Vocabulary(LITERAL[:size], "here")


def test_another_kind_of_file():
    with pytest.raises(FormatError, match=r"here: starts with b'PK.*expected b'DRPVOCAB': not a drupelet vocabulary"):
        Vocabulary(b"PK\x03\x04" + bytes(60), "here")


@pytest.mark.parametrize("version", [0, 1, 3, 0x01000000, 0xFFFFFFFF])
def test_another_version(version):
    with pytest.raises(VersionError, match=rf"here: vocabulary format {version}, this release reads 2; upgrade"):
        Vocabulary(seal(LITERAL[36:], version=version, word_count=5, entries_size=14), "here")


@pytest.mark.parametrize("kind", [2, 0x01000000, 0xFFFFFFFF])
def test_another_kind(kind):
    with pytest.raises(
        FormatError, match=rf"here: vocabulary of kind {kind}, expected 0 \(rank\) or 1 \(table\); upgrade"
    ):
        Vocabulary(seal(LITERAL[36:], kind=kind, word_count=5, entries_size=14), "here")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"id_count": MAX_IDS + 1},
            r"5 words with 16777217 ids in blocks of 32, expected an id for each word, up to 16777216",
        ),
        ({"id_count": 4}, r"5 words with 4 ids in blocks of 32"),
        ({"word_count": 0xFFFFFFFF}, r"4294967295 words"),
        ({"block_words": 0}, r"in blocks of 0"),
        ({"block_words": 257}, r"in blocks of 257"),
        ({"block_words": 1}, r"54 bytes, its header announces 70; copy it again"),
        ({"entries_size": 13}, r"54 bytes, its header announces 53"),
        ({"entries_size": 15}, r"54 bytes, its header announces 55"),
        ({"entries_size": 0xFFFFFFFF}, r"its header announces 4294967335"),
        ({"word_count": MAX_IDS, "id_count": MAX_IDS}, r"its header announces 2097202"),
        ({"kind": 1}, r"54 bytes, its header announces 56"),  # 5 ids of 3 bits are missing
    ],
)
def test_header_fields_that_lie(changes, message):
    fields = {"word_count": 5, "entries_size": 14, "id_count": 7, **changes}
    with pytest.raises(FormatError, match=message):
        Vocabulary(seal(LITERAL[36:], **fields))


def table(packed, id_count=10):
    """A sealed file of the words of TABLE with these bytes as its ids."""
    return seal(TABLE[36:-3] + packed, kind=1, word_count=5, id_count=id_count, entries_size=14)


def test_an_id_beyond_the_ids():
    vocabulary = Vocabulary(table(b"\x94\xa2\x07"), "here")
    assert vocabulary.id_of("ant") == 2
    with pytest.raises(FormatError, match=r"^here: word 3 has id 10, expected one of 10; export it again$"):
        vocabulary.id_of("bee")
    with pytest.raises(FormatError, match="word 3 has id 10"):
        vocabulary.check()


def test_two_words_with_one_id():
    with pytest.raises(
        FormatError, match=r"^here: words 1 and 3 have the id 9, expected distinct ids; export it again$"
    ):
        Vocabulary(table(b"\x94\x92\x07"), "here").check()


def test_bits_behind_the_last_id():
    with pytest.raises(FormatError, match=r"^here: the last 4 bits behind the ids are not zero; export it again$"):
        Vocabulary(table(b"\x94\x02\x17"), "here")


def test_a_single_id_takes_no_bits():
    vocabulary = Vocabulary(table_vocabulary_file({"a": 0}, 1))
    assert (vocabulary.id_of("a"), vocabulary.ids()) == (0, [0])


@pytest.mark.parametrize("at", range(len(TABLE)))
def test_every_truncation_and_every_flipped_byte_of_a_table_is_seen(at):
    with pytest.raises(FormatError, match=r"^here: "):
        Vocabulary(TABLE[:at], "here")
    if at == 16:
        return  # one block of up to 213 words reads the same
    damaged = bytearray(TABLE)
    damaged[at] ^= 0x55
    with pytest.raises((FormatError, VersionError), match=r"^here: "):
        Vocabulary(bytes(damaged), "here")


def test_a_wrong_checksum():
    damaged = LITERAL[:-1] + b"f"
    with pytest.raises(FormatError, match=r"checksum [0-9a-f]{8}, its header says b9abb59e; copy it again"):
        Vocabulary(damaged)


@pytest.mark.parametrize("at", range(len(LITERAL)))
def test_every_truncation_and_every_flipped_byte_is_seen(at):
    with pytest.raises(FormatError, match=r"^here: "):
        Vocabulary(LITERAL[:at], "here")
    if at == 16 or 24 <= at < 27:
        return  # one block of up to 117 words reads the same; id_count is compared with the rows of the embedding
    damaged = bytearray(LITERAL)
    damaged[at] ^= 0x55
    with pytest.raises((FormatError, VersionError), match=r"^here: "):
        Vocabulary(bytes(damaged), "here")


def test_trailing_bytes():
    with pytest.raises(FormatError, match=r"55 bytes, its header announces 54"):
        Vocabulary(LITERAL + b"\0")


def test_trailing_bytes_in_a_vocabulary_of_no_words():
    with pytest.raises(FormatError):
        Vocabulary(seal(b"junk", word_count=0, entries_size=4))


@pytest.mark.parametrize("offsets", [(0, 0), (2, 1), (0, 4), (0, 0xFFFFFFFF), (3, 2)])
def test_block_offsets_that_do_not_ascend(offsets):
    body = struct.pack("<2I", *offsets) + b"\x01a\x01b"
    with pytest.raises(FormatError, match=r"block offsets do not ascend within 4 bytes; export it again"):
        Vocabulary(seal(body, block_words=1, word_count=2, entries_size=4))


@pytest.mark.parametrize("words", [b"\x01b\x01a", b"\x01b\x01b", b"\x02bb\x01b"])
def test_blocks_that_do_not_ascend(words):
    body = struct.pack("<2I", 0, 2 if words[0] == 1 else 3) + words
    with pytest.raises(
        FormatError, match=r"the first word of block 1 is not greater than that of the block before; copy"
    ):
        Vocabulary(seal(body, block_words=1, word_count=2, entries_size=len(words)))


def test_a_first_block_that_starts_late():
    body = struct.pack("<2I", 1, 2) + b"\x01a\x01b"
    with pytest.raises(FormatError, match=r"the first block starts at 1, expected 0; export it again"):
        Vocabulary(seal(body, block_words=1, word_count=2, entries_size=4))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((b"\x11a",), r"block 0 has an entry that leaves it; copy or export it again"),  # shares a byte with nothing
        ((b"\x01a", b"\x21b"), r"block 0 has an entry that leaves it"),  # shares two bytes with one
        ((b"\x10",), r"block 0 has an entry that leaves it"),  # adds nothing
        ((b"\x02a",), r"block 0 has an entry that leaves it"),  # adds more than there is
        ((b"\x0f\xff\xff\x7fa",), r"block 0 has an entry that leaves it"),  # adds two million
        ((b"\x0f",), r"a length does not end; copy or export it again"),
        ((b"\x0f\x80\x80",), r"a length does not end"),
        ((b"\x0f\x80\x80\x80\x80\x00a",), r"a length does not end"),  # more digits than any length needs
        ((b"\x01b", b"\x01a"), r"b'a' stands after b'b', expected ascending words"),
        ((b"\x01b", b"\x01b"), r"b'b' stands after b'b', expected ascending words"),
        ((b"\x01\xff",), r"b'\\xff' is not UTF-8; export it again"),
        ((b"\x03\xed\xa0\x80",), r"is not UTF-8"),  # a lone surrogate
    ],
)
def test_damaged_entries_with_a_right_checksum(entries, message):
    with pytest.raises(FormatError, match=rf"^here: .*{message}"):
        list(Vocabulary(one_block(*entries), "here"))


def test_a_word_that_is_too_long():
    entry = b"\x0f" + b"\xf2\xff\x03" + b"x" * (MAX_WORD_BYTES + 1)
    with pytest.raises(FormatError, match=r"block 0 has an entry that leaves it"):
        list(Vocabulary(one_block(entry)))


@pytest.mark.parametrize("count", [2, 4])
def test_blocks_with_more_or_fewer_words_than_announced(count):
    vocabulary = Vocabulary(one_block(b"\x01a", b"\x01b", b"\x01c", word_count=count))
    with pytest.raises(FormatError, match=rf"block 0 holds 3 words( or more)?, expected {count}; export it again"):
        list(vocabulary)


def test_no_id_is_beyond_the_announced_words():
    vocabulary = Vocabulary(one_block(b"\x01a", b"\x01b", b"\x01c", word_count=2), "here")
    try:
        found = vocabulary.id_of("c")
    except FormatError as error:
        assert "here" in str(error)  # noqa: PT017
    else:
        assert found is None


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_mutations_read_fine_or_are_named(data):
    words = in_byte_order(data.draw(near_alphabet))
    if data.draw(st.booleans()):
        content = bytearray(vocabulary_file(words, 1))
    else:
        content = bytearray(table_vocabulary_file({word: place for place, word in enumerate(words, 1)}, len(words) + 9))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        struct.pack_into("<I", content, 32, zlib.crc32(content[36:]))
    try:
        vocabulary = Vocabulary(bytes(content))
        for word in (*words, "", "abab", "\u00e9"):
            vocabulary.id_of(word)
        assert len(list(vocabulary)) == len(vocabulary)
        assert all(0 <= found < vocabulary.id_count for found in vocabulary.ids())
    except DrupeletError as error:
        assert str(error).startswith("vocabulary.bin: ")  # noqa: PT017
