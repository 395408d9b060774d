"""Texts of the data that are short enough to be shown."""

from drupelet_export.reading.shown_text import (
    CHARACTERS_SHOWN,
    example,
    ids_example,
    list_shown,
    short_texts,
    shortened,
    telling,
    with_unknown_word,
)


def test_a_text_is_one_short_line():
    assert shortened("  a\nb\tc d e f g h i j ") == "a b c d e f g h"
    assert len(shortened("x" * 10_000_000)) == CHARACTERS_SHOWN
    assert shortened(" \n") == ""


def test_texts_of_the_data_or_of_the_vocabulary():
    assert short_texts(["", " ", "b c"], ["x"]) == ["b c"]
    assert short_texts([""], ["", "x", " ", "y", "z", "v", "w"]) == ["x y z v"]
    assert short_texts([], []) == ["a text"]
    assert len(short_texts(map(str, range(10**9)), [])) == 200


def test_the_most_telling_text():
    assert telling(["a b", "A B", "c"], [str.lower, str]) == "A B"
    assert telling(["a", "b"], [str.lower, str]) == "a"


def test_a_text_with_an_unknown_word():
    assert with_unknown_word(["a", "b c", "a b"], str.split, {"a": 1}) == "a b"
    assert with_unknown_word(["a", "a a"], str.split, {"a": 1}) == "a xqzv"


def test_words_and_ids_for_people():
    assert example("it's made", ["it's", "made"]) == "\"it's made\" -> it's | made"
    assert list_shown([1, 2]) == "1 | 2"
    assert list_shown([]) == "nothing"
    assert list_shown([" ", "\x85", "\u4f60"]) == "' ' | '\\x85' | \u4f60"
    assert list_shown(range(100)).endswith("15 | ...")


def test_ids_of_the_text_with_the_most_known_words():
    assert ids_example(["x y", "a x b"], str.split, {"a": 1, "b": 2}, 3) == "'a x b' -> 4 | ? | 5"
