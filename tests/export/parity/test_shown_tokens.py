"""Tokens around a place in one line, with the words that have no id and the place of what was cut off."""

from dataclasses import replace

import pytest

from drupelet_export.parity.shown_tokens import SHOWN_TOKENS, ids_around, words_around


@pytest.fixture
def model(random_model):
    return random_model()


def with_rules(model, **changes):
    return replace(model, text_rules=replace(model.text_rules, **changes))


@pytest.mark.parametrize(
    ("ids", "place", "expected"),
    [
        ([], 0, "none"),
        ([0, 1, 3, 99], 0, "0 1=unknown 3=film 99"),
        ([2, 3, 4, 5, 6], 5, "... 4=a 5=good 6=bad"),
        ([3] * 20, 10, "... " + "3=film " * (20 - 7 - 1) + "3=film ..."),
    ],
)
def test_ids_around_a_place(model, ids, place, expected):
    shown = ids_around(model, ids, place)
    if len(ids) > SHOWN_TOKENS:
        expected = "... " + "3=film " * SHOWN_TOKENS + "..."
    assert shown == expected


@pytest.mark.parametrize(
    ("text", "place", "rules", "expected"),
    [
        ("", 0, {}, "none"),
        ("The unseen film", 0, {}, "2=the 1=unknown(unseen) 3=film"),
        ("odd the unseen film", 0, {"unknown_id": None}, "dropped(odd) 2=the dropped(unseen) 3=film"),
        ("odd", 0, {"unknown_id": None}, "dropped(odd)"),
        ("the film a good bad", 0, {"max_tokens": 2, "keep": "tail"}, "... 5=good 6=bad"),
        ("the film a good bad", 0, {"max_tokens": 2, "keep": "head"}, "2=the 3=film ..."),
        ("the film a good bad", 0, {"max_tokens": 2, "keep": "ends"}, "2=the ... 6=bad"),
        ("the film a good bad", 4, {}, "... 3=film 4=a 5=good 6=bad"),
        ("the film odd a good bad", 5, {"unknown_id": None}, "... dropped(odd) 4=a 5=good 6=bad"),
    ],
)
def test_words_around_a_place(model, text, place, rules, expected):
    assert words_around(with_rules(model, **({"max_tokens": None} | rules)), text, place) == expected


def test_a_long_text_is_shown_in_one_short_line(model):
    shown = words_around(with_rules(model, max_tokens=None), "film " * 50_000, 25_000)
    assert shown == "... " + "3=film " * SHOWN_TOKENS + "..."
