"""The value that a file of an owner becomes."""

import pytest

from drupelet.errors import InputError
from drupelet.vocabulary import MAX_IDS, MAX_WORD_BYTES
from drupelet_export.reading.owner_words import (
    OwnerVocabulary,
    checked_ids,
    checked_tokens,
    checked_word,
    ids_findings,
    tokens_findings,
)


def test_a_vocabulary_has_either_ids_or_tokens():
    for both in ({}, {"ids": {"a": 1}, "tokens": ("a",)}):
        with pytest.raises(ValueError, match="either ids or tokens"):
            OwnerVocabulary("one token a line", **both)


def test_length_and_repeats():
    vocabulary = OwnerVocabulary("one token a line", tokens=("a", "b", "a", "a"))
    assert (len(vocabulary), vocabulary.repeated()) == (4, {"a": (0, 2, 3)})
    vocabulary = OwnerVocabulary("word index (JSON)", ids={"a": 5})
    assert (len(vocabulary), vocabulary.repeated()) == (1, {})


def test_words_are_texts_that_utf8_can_store():
    for word in ("", " ", "\x85", "\u3000", "\0", "a\nb", "\U0010ffff"):
        assert checked_word(word, "word 1", "file") == checked_word(word.encode(), "word 1", "file") == word
    with pytest.raises(
        InputError, match=r"^file: word 7: None, expected a word, which is a text; write the words again as texts$"
    ):
        checked_word(None, "word 7", "file")
    longest = "é" * (MAX_WORD_BYTES // 2)
    assert checked_word(longest, "word 1", "file") == longest
    with pytest.raises(
        InputError, match=f"takes {MAX_WORD_BYTES + 2} bytes, expected at most {MAX_WORD_BYTES}; leave it out"
    ):
        checked_word(longest + "é", "word 1", "file")


def test_ids_are_whole_numbers_up_to_the_limit():
    assert checked_ids([("a", 0), ("b", MAX_IDS)], "file") == {"a": 0, "b": MAX_IDS}
    for word_id in (-1, MAX_IDS + 1, True, 1.0, "1", None):
        with pytest.raises(
            InputError, match=f"^file: the word 'a' has .* as its id, expected a whole number from 0 to {MAX_IDS}; "
        ):
            checked_ids([("a", word_id)], "file")
    with pytest.raises(InputError, match=r"^file: holds no words; expected at least one; "):
        checked_ids([], "file")
    with pytest.raises(InputError, match=r"^file: holds 0 words, expected 1 to 16777216; "):
        checked_tokens([], "file")


def test_findings():
    assert ids_findings({"a": 3, "b": 4}) == ()
    assert ids_findings({"a": 3, "b": 5}) == ("Ids go from 3 to 5; 1 of them belong to no word, for example 4.",)
    assert tokens_findings(["a", "b"], "line") == ()
    assert tokens_findings(["a", "a"], "line") == ("1 line repeats an earlier token: line 2 is 'a' as line 1.",)
