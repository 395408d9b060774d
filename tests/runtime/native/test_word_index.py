"""Words have the same ids before the index has all words and behind that, and where it cannot have them."""

import random
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.text.rules import Split, TextRules
from drupelet.vocabulary import HEADER
from runtime.format_writer import model_file
from runtime.native.file_surgery import sealed_vocabulary, with_payload

SECOND, THIRD, MODULUS = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 1 << 64
"""What word_index.h multiplies the letters behind the eighth and the sixteenth with, and the modulus of the products."""
LETTERS = "ab\u00e9"
words_of_all_sizes = st.lists(
    st.builds(
        lambda start, size, end: (start * size)[:size] + end,
        st.sampled_from(["a", "ab", "interest", "\u00e9"]),
        st.integers(0, 26),
        st.text(LETTERS, min_size=1, max_size=2),
    ),
    unique=True,
    min_size=1,
    max_size=120,
)


def in_byte_order(words):
    return sorted(words, key=str.encode)


def assert_same_ids(opened, words, first_id=2):
    """Each word of many texts has its id, whatever the session has looked up before, and its neighbours have none."""
    known = {word: first_id + rank for rank, word in enumerate(words)}
    near = {word[:-1] for word in words} | {word + "a" for word in words} | {word + "\0" for word in words}
    near |= {word[:-1] + "\0" for word in words} | {"\0" * size for size in (1, 8, 9, 16, 17, 24, 25)}
    asked = [*words, *sorted(near - set(words) - {""})]
    for seed in range(4):
        random.Random(seed).shuffle(asked)  # noqa: S311
        for at in range(0, len(asked), 50):
            text = asked[at : at + 50]
            assert opened.encode(" ".join(text)) == [known[word] for word in text if word in known]


@settings(deadline=None)
@given(words_of_all_sizes)
@example(["a"])
@example(["a" * size for size in range(1, 31)])
@example([f"interest{letter * 8}{size}" for size in range(9) for letter in "xyz"])
def test_words_of_all_sizes(opened_of_words, words):
    words = in_byte_order(words)
    assert_same_ids(opened_of_words(words), words)


@pytest.mark.parametrize("count", [1, 2, 5, 6, 100, 3000, 30_000])
def test_many_words(opened_of_words, count):
    # So many that buckets overflow; of the last there is no index, for it would take more memory than the cache.
    words = in_byte_order({f"{number * number:x}{'y' * (number % 23)}" for number in range(count)})
    assert_same_ids(opened_of_words(words), words)


def test_words_with_zero_bytes(opened_of_words):
    words = ["\0", "\0\0", "a", "a\0", "a\0b", "interest", "interest\0", "interest\0\0"]
    assert_same_ids(opened_of_words(words), words)


def test_a_word_too_long_to_be_visited(opened_of_words):
    words = in_byte_order(["good", "x" * 256, "x" * 257, *(f"w{number}" for number in range(20))])
    assert_same_ids(opened_of_words(words), words)
    assert_same_ids(opened_of_words(words[:-1]), words[:-1])


def with_key_of(short):
    """A word of 16 ASCII letters with the same key as a short one."""
    drawn = random.Random(short)  # noqa: S311
    wanted = int.from_bytes(short.encode(), "little")
    while True:
        second = "".join(drawn.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(8))
        first = (wanted ^ int.from_bytes(second.encode(), "little") * SECOND % MODULUS).to_bytes(8, "little")
        if all(33 <= byte < 127 for byte in first):
            return first.decode() + second


def test_words_with_the_same_key(opened_of_words):
    short = ["film", "good", "zebra"]
    long = [with_key_of(word) for word in short]
    others = [f"w{number}" for number in range(9)]
    assert_same_ids(opened_of_words(in_byte_order([*short, *others])), in_byte_order([*short, *others]))
    for words in ([*short, *others], [*long, *others], [*short, *long, *others]):
        words = in_byte_order(words)
        known = {word: 2 + rank for rank, word in enumerate(words)}
        opened = opened_of_words(words)
        for _ in range(9):
            for word in [*short, *long, *others]:
                assert opened.encode(word) == ([known[word]] if word in known else []), words


def number_of(letters):
    return int.from_bytes(letters.encode(), "little")


def test_words_that_differ_in_the_first_and_the_third_letters_with_the_same_key(opened_of_words):
    known, drawn = "interestingly-very-often", random.Random(5)  # noqa: S311
    while True:
        third = "".join(drawn.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(8))
        change = (number_of(known[16:]) * THIRD ^ number_of(third) * THIRD) % MODULUS
        first = (number_of(known[:8]) ^ change).to_bytes(8, "little")
        if all(33 <= byte < 127 for byte in first):
            break
    other = first.decode() + known[8:16] + third
    words = in_byte_order([known, *(f"w{number}" for number in range(9))])
    opened = opened_of_words(words)
    assert_same_ids(opened, words)
    assert opened.encode(f"{other} {known}") == [2 + words.index(known)]


def test_a_key_of_zero(opened_of_words):
    # The letters of a long word whose key is that of an empty place.
    words = in_byte_order(["good", with_key_of("")])
    assert_same_ids(opened_of_words(words), words)


FEW = list("abcdefghijklmnop")
AT_ENTRIES = HEADER.size + 4
"""Where the entries of one block begin. Each of these words takes two bytes: nothing is shared, one letter is added."""


def of_few_words(native, model, entries):
    """A model whose vocabulary has these entries in place of those of FEW."""
    rows = 2 + len(FEW)
    described = model.with_text_rules(TextRules("plain", (Split("ascii"),))).with_rows(rows)
    described = described.with_weights(embedding__0__table=[0] * (4 * rows))
    content = model_file(replace(described, words=tuple(FEW), first_id=2))
    return native.Model(
        with_payload(content, "vocabulary", lambda payload: sealed_vocabulary(payload[:AT_ENTRIES] + entries)), "few"
    )


@pytest.mark.parametrize(
    ("place", "entry"),
    [(4, b"\x01z"), (4, b"\x01a"), (4, b"\x11d"), (4, b"\x01d")],
    ids=["great", "small", "long", "same"],
)
def test_words_out_of_order_keep_the_ids_that_a_search_gives_them(native, model, place, entry):
    entries = b"".join(b"\x01" + word.encode() for word in FEW)
    entries = entries[: 2 * place] + entry + entries[2 * place + 2 :]
    asked = [*FEW, "z", "dd", "y"]
    once = {word: of_few_words(native, model, entries).encode(word) for word in asked}
    opened = of_few_words(native, model, entries)
    for _ in range(4):
        assert {word: opened.encode(word) for word in asked} == once


def test_a_damaged_entry_is_told_of_whatever_was_asked_before(native, model):
    entries = b"".join(b"\x01" + word.encode() for word in FEW)
    opened = of_few_words(native, model, entries[:-2] + b"\x10p")
    for _ in range(4):
        for rank, word in enumerate(FEW[:-1]):
            assert opened.encode(word) == [2 + rank]
        with pytest.raises(FormatError, match="vocabulary: a block breaks the format"):
            opened.encode("p")
