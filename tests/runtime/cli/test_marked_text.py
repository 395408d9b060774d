"""A text is marked where its words did something, and comes out whole."""

import re

import pytest

from drupelet.cli.marked_text import Piece, coloured, pieces_of, wants_colours
from drupelet.explanation import Explanation, Word
from drupelet.prediction import Prediction


def explained(text, *words):
    """An explanation of words: start, end, change."""
    held = tuple(Word(text[start:end], start, end, "read", change, None) for start, end, change in words)
    return Explanation(text, "good", 0.75, Prediction(("good", 0.75, (0.25, 0.75), 3)), held, None, None)


def test_pieces_are_the_whole_text_and_the_largest_effect_is_one():
    found = explained("a good, bad film", (2, 6, 0.5), (8, 11, -0.25), (12, 16, 0.0))
    assert list(pieces_of(found)) == [
        Piece("a ", 0.0), Piece("good", 1.0), Piece(", ", 0.0), Piece("bad", -0.5), Piece(" film", 0.0)
    ]  # fmt: skip


def test_effects_of_words_that_overlap_are_added():
    found = explained("very good", (0, 4, 0.1), (5, 9, 0.1), (0, 9, 0.1))
    assert [(piece.text, piece.strength) for piece in pieces_of(found)] == [
        ("very", 1.0), (" ", 0.5), ("good", 1.0)
    ]  # fmt: skip


@pytest.mark.parametrize("found", [explained(""), explained("ab", (0, 2, 0.0)), explained("ab", (1, 1, 1.0))])
def test_nothing_that_did_anything(found):
    assert "".join(piece.text for piece in pieces_of(found)) == coloured(found) == found.text


def test_what_is_no_number_marks_nothing():
    assert list(pieces_of(explained("a b", (0, 1, float("nan")), (2, 3, None)))) == [Piece("a b", 0.0)]


def test_shares_mark_where_nothing_was_left_out():
    word = Word("b", 2, 3, "read", None, -2.0)
    found = Explanation("a b", "good", 0.5, Prediction(("good", 0.5, (0.5, 0.5), 1)), (word,), 0.0, 0.0)
    assert list(pieces_of(found)) == [Piece("a ", 0.0), Piece("b", -1.0)]


def test_colours_say_for_and_against_without_colour_too():
    found = explained(
        "good fine bad dull the", (0, 4, 1.0), (5, 9, 0.2), (10, 13, -0.6), (14, 18, -0.2), (19, 22, 0.05)
    )
    assert coloured(found) == (
        "\x1b[1m\x1b[32mgood\x1b[0m \x1b[32mfine\x1b[0m \x1b[1m\x1b[31m\x1b[4mbad\x1b[0m \x1b[31m\x1b[4mdull\x1b[0m the"
    )


def test_a_text_cannot_move_the_cursor():
    text = "a\x1b[2Jb\u202ec\n\td"
    shown = coloured(explained(text, (0, len(text), 1.0)))
    assert re.sub(r"\x1b\[\d+m", "", shown) == "a\\x1b[2Jb\\u202ec\n\td"


@pytest.mark.parametrize(
    ("is_terminal", "environment", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm"}, True),
    ],
)
def test_colours_are_for_terminals_that_want_them(is_terminal, environment, expected):
    assert wants_colours(is_terminal, environment) == expected
