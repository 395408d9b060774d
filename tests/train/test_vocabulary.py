from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet_train.vocabulary import RESERVED, UNKNOWN_ID, Vocabulary, most_frequent

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
