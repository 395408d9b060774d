from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet_train.words.vocabulary import RESERVED, UNKNOWN_ID, Vocabulary, most_frequent, most_telling

words = st.text("abc", min_size=1, max_size=3)


def test_words_go_by_frequency_then_alphabet():
    vocabulary = most_frequent(Counter({"b": 2, "a": 2, "c": 5, "d": 1}), 5)
    assert vocabulary.tokens == ("", "[UNK]", "c", "a", "b")
    assert vocabulary.ids(["a", "d", "c", "zzz", "", "[UNK]"]) == [3, 1, 2, 1, 1, 1]


def test_the_file_shows_a_token_a_line(tmp_path):
    path = tmp_path / "vocabulary.json"
    Vocabulary((*RESERVED, "the", "\u00e9", "\n", "\x85", "\u3000")).write(path)
    assert path.read_text(encoding="utf-8") == (
        '[\n"",\n"[UNK]",\n"the",\n"\u00e9",\n"\\n",\n"\\u0085",\n"\\u3000"\n]\n'
    )


@given(st.lists(st.text(min_size=1, max_size=3), unique=True))
@example(["\ud800", "\U0001f600", '"', "\\", "\u2028", "\ufeff", "\0"])
def test_a_vocabulary_of_any_tokens_is_read_as_it_was_written(tmp_path_factory, tokens):
    path = tmp_path_factory.getbasetemp() / "vocabulary.json"
    vocabulary = Vocabulary(RESERVED + tuple(token for token in tokens if token not in RESERVED))
    vocabulary.write(path)
    assert Vocabulary.read(path) == vocabulary


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\n", r"v\.json: not JSON"),
        ('["", "[UNK]", 1]', r"v\.json: item 2 is 1, expected a string"),
        ('["a"]', r"v\.json: a vocabulary starts with the reserved tokens"),
    ],
)
def test_another_file_is_no_vocabulary(tmp_path, content, message):
    path = tmp_path / "v.json"
    path.write_text(content)
    with pytest.raises(FormatError, match=message):
        Vocabulary.read(path)


def test_a_vocabulary_that_is_gone_is_named(tmp_path):
    with pytest.raises(FormatError, match=r"gone\.json: cannot be read \(No such file"):
        Vocabulary.read(tmp_path / "gone.json")


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
