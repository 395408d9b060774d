from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet_train.words.vocabulary import RESERVED, UNKNOWN_ID, Vocabulary, most_frequent, most_telling

words = st.text("abc", min_size=1, max_size=3)


def test_words_go_by_frequency_then_alphabet():
    vocabulary = most_frequent(Counter({"b": 2, "a": 2, "c": 5, "d": 1}), 5)
    assert vocabulary.tokens == ("", "[UNK]", "c", "a", "b")
    assert vocabulary.ids(["a", "d", "c", "zzz", "", "[UNK]"]) == [3, 1, 2, 1, 1, 1]


def test_the_file_has_a_token_a_line(tmp_path):
    Vocabulary((*RESERVED, "the", "é")).write(tmp_path / "vocabulary.txt")
    assert (tmp_path / "vocabulary.txt").read_bytes() == "\n[UNK]\nthe\né\n".encode()


def test_a_reserved_token_in_the_texts_is_not_a_word():
    assert most_frequent(Counter({"[UNK]": 9, "a": 1}), 10).tokens == ("", "[UNK]", "a")


@given(counts=st.dictionaries(words, st.integers(1, 5)), size=st.integers(3, 10))
def test_no_word_left_out_is_more_frequent_than_one_taken(counts, size):
    vocabulary = most_frequent(Counter(counts), size)
    taken = vocabulary.tokens[2:]
    assert len(vocabulary.tokens) == min(size, len(counts) + 2)
    left_out = max((counts[word] for word in counts if word not in taken), default=0)
    assert all(counts[word] >= left_out for word in taken)
    assert vocabulary.ids(taken) == list(range(2, len(vocabulary.tokens)))
    assert UNKNOWN_ID not in vocabulary.ids(taken)


@pytest.mark.parametrize("tokens", [("a",), ("", "[UNK]", "a", "a")])
def test_a_vocabulary_is_well_formed(tokens):
    with pytest.raises(ValueError, match="starts with the reserved tokens"):
        Vocabulary(tokens)


def test_words_that_tell_most_go_by_frequency():
    words = ("awful", "good", "the", "rare")
    # Of 100 texts a class: "the" is everywhere and tells nothing, "rare" tells much of one text.
    text_counts = np.array([[30, 5, 100, 1], [2, 40, 100, 0]])
    counts = Counter({"the": 900, "good": 60, "awful": 35, "rare": 1})
    assert most_telling(text_counts, words, counts, 4).tokens == (*RESERVED, "good", "awful")
    assert most_telling(text_counts, words, counts, 9).tokens == (*RESERVED, "the", "good", "awful", "rare")


def test_of_three_classes_the_one_that_a_word_tells_most_about_counts():
    text_counts = np.array([[10, 10], [10, 10], [0, 10]])
    counts = Counter({"a": 20, "b": 30})
    assert most_telling(text_counts, ("a", "b"), counts, 3).tokens == (*RESERVED, "a")
