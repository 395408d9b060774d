"""The look-up of the C kernel finds what drupelet.vocabulary finds, and nothing else."""

import random
import struct
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.model_file import read_model_file
from drupelet.vocabulary import BLOCK_WORDS, HEADER, MAX_WORD_BYTES, Vocabulary
from runtime.format_writer import model_file
from runtime.native.file_surgery import sealed_vocabulary, with_payload

# No ASCII white space: the text rules of these tests split there.
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\v\f\r ")
any_words = st.lists(st.text(LETTERS, min_size=1, max_size=30), unique=True)
near_words = st.lists(st.text("ab\u00e9\0", min_size=1, max_size=8), unique=True, max_size=100)
long_words = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 40), st.text("ab\U0001f600", max_size=3)).map(
        lambda parts: parts[0] * parts[1] + parts[2]
    ),
    unique=True,
    max_size=80,
)


def in_byte_order(words):
    return sorted(words, key=str.encode)


def found(opened, words):
    """The ids of words, asked for twice in one text: what the session remembers changes nothing."""
    ids = opened.encode(" ".join([*words, *words]))
    assert ids[: len(ids) // 2] == ids[len(ids) // 2 :]
    return ids[: len(ids) // 2]


@settings(deadline=None)
@given(any_words | near_words | long_words, st.integers(0, 3))
@example(["x" * 14, "x" * 15, "x" * 16, "x" * 17], 1)
@example(["y" * 142, "y" * 143, "y" * 144, "z" * (15 + 127 + 1)], 1)
@example(["\0", "\0\0", "a", "a\0", "a\0b", "a\0\0", "\U0010ffff"], 2)
@example(["12345678", "123456780", "123456789", "1234567", "12345678\0"], 2)
@example(["w" * MAX_WORD_BYTES, "w" * (MAX_WORD_BYTES - 1)], 0)
def test_every_word_has_its_id_and_its_neighbours_have_none(opened_of_words, words, first_id):
    words = in_byte_order(words)
    first_id = max(first_id, 1 - len(words))  # an embedding has a row
    opened = opened_of_words(words, first_id)
    ids = list(range(first_id, first_id + len(words)))
    assert found(opened, words) == [number for number in ids if number != 0]  # 0 is what a mask removes
    near = {word[:-1] for word in words} | {word + "a" for word in words} | {word + "\0" for word in words}
    near |= {word[:-1] + chr(ord(word[-1]) ^ 1) for word in words} | {"\ud800", "\x01", "\U0010ffff" * 3}
    strangers = [word for word in near - set(words) if word and not word.isspace() and word.split() == [word]]
    assert found(opened, strangers) == []


@pytest.mark.parametrize("count", [1, BLOCK_WORDS - 1, BLOCK_WORDS, BLOCK_WORDS + 1, 5 * BLOCK_WORDS])
def test_the_ends_of_blocks(opened_of_words, count):
    words = [f"{number:04}" for number in range(count)]
    opened = opened_of_words(words)
    assert found(opened, words) == list(range(2, 2 + count))
    odd = ["\0", "!", "0", "000", "00000", "zzzz", "\U0010ffff", *(word + "!" for word in words)]
    assert found(opened, odd) == []


def test_no_word_at_all(opened_of_words):
    assert found(opened_of_words([], 2), ["a", "\0", "\ud800"]) == []


def test_all_words_of_three_letters_among_all_of_four(opened_of_words):
    three = ["".join(letters) for letters in product("ab\0\u00e9", repeat=3)]
    words = in_byte_order(word for place, word in enumerate(three) if place % 3)
    opened = opened_of_words(words)
    ids = {word: 2 + place for place, word in enumerate(words)}
    asked = [*three, *("".join(letters) for letters in product("ab\0\u00e9", repeat=4)), "a", "ab", "\0"]
    assert found(opened, asked) == [ids[word] for word in asked if word in ids]


def test_thousands_of_words_that_start_with_the_same_eight_letters(opened_of_words):
    # The kernel keys blocks by eight letters; where those are the same, whole words decide.
    words = [f"https://{number:06}" for number in range(0, 200_000, 5)]
    words = in_byte_order(["http:", "https:/", "https://", "https://1", "https:0", *words])
    opened = opened_of_words(words)
    ids = {word: 2 + place for place, word in enumerate(words)}
    asked = [f"https://{number:06}" for number in range(0, 200_000, 9)] + [
        "https://",
        "https://1",
        "https://2",
        "http:",
    ]
    assert found(opened, asked) == [ids[word] for word in asked if word in ids]


def test_what_is_remembered_stays_right_when_sets_overflow(opened_of_words):
    # Four times the words that a session remembers, in an order that comes back to each.
    words = [f"{number:x}" for number in range(1, 32_768)]
    opened = opened_of_words(in_byte_order(words))
    ids = {word: 2 + place for place, word in enumerate(in_byte_order(words))}
    seed = 7
    asked = random.Random(seed).choices([*words, *(word + "x" for word in words[::5])], k=60_000)  # noqa: S311
    assert opened.encode(" ".join(asked)) == [ids[word] for word in asked if word in ids]


def swapped_blocks(content):
    """A model file whose vocabulary has the words of two of its blocks in each other's place."""

    def swap(payload):
        first, second, third = struct.unpack_from("<3I", payload, HEADER.size)
        assert second - first == third - second
        entries = HEADER.size + 4 * -(-len(BLOCKS) // BLOCK_WORDS)
        a, b, c = (entries + offset for offset in (first, second, third))
        return sealed_vocabulary(payload[:a] + payload[b:c] + payload[a:b] + payload[c:])

    return with_payload(content, "vocabulary", swap)


BLOCKS = [f"{number:04}" for number in range(3 * BLOCK_WORDS)]


def test_blocks_out_of_order_are_refused_by_both_readers(native, model):
    """Both accepted them, and gave the words other ids."""
    rows = 2 + len(BLOCKS)
    described = model.with_rows(rows).with_weights(embedding__0__table=[0] * (4 * rows))
    content = swapped_blocks(model_file(replace(described, words=tuple(BLOCKS), first_id=2)))
    told = "the first word of block 1 is not greater than that of the block before; copy or export it again"
    with pytest.raises(FormatError, match=told):
        native.Model(content, "here")
    with pytest.raises(FormatError, match=told):
        Vocabulary(read_model_file(content).vocabulary)
