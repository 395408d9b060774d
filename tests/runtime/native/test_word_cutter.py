"""The cutter of every tier finds the words that the Python implementation finds, wherever blocks of 64 bytes end."""

import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Replace, Split, TextRules
from drupelet.text.words import splitter
from runtime.native.test_text_rules import LONG, ODD, WHITE_SPACE, sized

BLOCK = 64
SPECIALS = [
    "<br />",
    "<BR />",
    "<br /",
    "<",
    "\u00e9",
    "\u0130",
    "\u212a",
    "\u03a3",
    "\u2003",
    "\x85",
    "\0",
    "\ud800",
    ".",
]
"""What a cutter leaves to others, what looks like it, and what it drops."""


def rules(*steps):
    return TextRules("drawn", steps)


pieces = (
    st.text("abcXYZ019 .,'-\t\n<", max_size=90)
    | st.sampled_from(
        [*SPECIALS, *LONG, "-\u212a", "-k", "A-", "<br /><br />", "good ", "x" * 64, " " * 64, "." * 64, "\u00e9" * 40]
    )
    | st.text(ODD + WHITE_SPACE + "aZ09.-_'<>&")
)
texts = st.lists(pieces, max_size=12).map("".join)
cutters = st.builds(
    lambda lower, replace, last, split: rules(*lower, *replace, *last, split),
    st.sampled_from([(), (Lower("ascii"),), (Lower("unicode"),)]),
    st.sampled_from(
        [
            (),
            (Replace("<br />", " "),),
            (Replace("-", " "),),
            (Replace("-k", " "),),
            (Replace("<i", " "),),
            (Replace("a-", " "),),
            (Replace("..", "\t"),),
            (Replace(" ", "\n"),),
        ]
    ),
    st.sampled_from(
        [
            (),
            (Drop("!'."),),
            (Drop("!'.", (), " "),),
            (Drop("<\u00e9", ("marks",)),),
            (Drop("\u00e9", (), "-"),),
            (Drop("ab", (), "c"),),
            (Keep("019abk", ("space",)),),
            (Keep("", ("alphanumeric",), " "),),
            (Keep("", ("space", "letters"), "\n"),),
        ]
    ),
    st.sampled_from(
        [
            Split("ascii"),
            Split("unicode"),
            Split("separator", " "),
            Split("separator", "-"),
            Split("separator", "\u00e9"),
        ]
    ),
)
"""Rules that one pass carries out, and a few that look like them."""


def assert_alike(opened, drawn, text):
    expected = sized(splitter(drawn)(text))
    assert {name: model.words(text) == expected for name, model in opened.items()} == dict.fromkeys(opened, True)


@pytest.fixture(scope="module")
def opened_on_each(tiers, opened_with):
    """A function that opens the roomy model with text rules on every tier of this processor."""
    return lambda drawn: {tier: opened_with(drawn, tier) for tier in tiers}


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(cutters, st.lists(texts, min_size=1, max_size=3))
def test_drawn_rules(opened_on_each, drawn, some):
    opened = opened_on_each(drawn)
    for text in some:
        assert_alike(opened, drawn, text)


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(texts)
@example("a" * 63 + "<br />" + "b" * 70 + "\u0130" * 40)
@pytest.mark.parametrize("name", NAMED_RULES)
def test_named_rules(opened_on_each, name, text):
    assert_alike(opened_on_each(NAMED_RULES[name]), NAMED_RULES[name], text)


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        (rules(Lower("unicode"), Replace("-k", " "), Split("ascii")), "a-\u212ab-kc"),
        (rules(Lower("unicode"), Replace("<i", " "), Split("ascii")), "a<\u0130b<Ic"),
        (rules(Lower("unicode"), Replace("a-", " "), Split("ascii")), "xA-ya-z"),
        (rules(Lower("ascii"), Replace("<B", " "), Split("ascii")), "x<By<bz"),
        (rules(Replace("<br />", "-"), Split("ascii")), "x<br />y"),
        (rules(Replace("<br />", "\u2003"), Split("unicode")), "x<br />y"),
        (rules(Replace("<br />", ""), Split("ascii")), "x<br />y"),
        (rules(Replace("\u00e9", " "), Split("ascii")), "x\u00e9y"),
        (rules(Replace(" ", "-"), Replace("-", " "), Split("ascii")), "x y-z"),
        (rules(Drop("\u00e9", (), "-"), Split("ascii")), "x\u00e9y"),
        (rules(Drop("ab", (), "c"), Split("ascii")), "xaybz"),
        (rules(Lower("unicode"), Split("separator", "\u00e9")), "x\u00c9Y z"),
        (rules(Split("ascii"), DropWords(("b",))), "a b c"),
    ],
)
def test_rules_that_look_like_those_of_a_cutter(opened_on_each, drawn, text):
    assert_alike(opened_on_each(drawn), drawn, text)


@pytest.mark.parametrize("name", ["alnum", "tokenizer", "textvectorization", "words"])
def test_what_is_special_at_every_place_of_a_block(opened_on_each, name):
    drawn = NAMED_RULES[name]
    opened = opened_on_each(drawn)
    for special in SPECIALS:
        for place in range(2 * BLOCK + 2):
            for tail in ("", "z", " tail " * 15):
                assert_alike(opened, drawn, "x" * place + special + tail)
                assert_alike(opened, drawn, ("a " * place)[-place - 1 :] + special * 2 + tail)


@pytest.mark.parametrize("name", ["alnum", "tokenizer", "textvectorization"])
def test_every_ascii_character_between_words(opened_on_each, name):
    drawn = NAMED_RULES[name]
    opened = opened_on_each(drawn)
    assert_alike(opened, drawn, "".join(f"Ab{chr(code)}{chr(code)}Y{chr(code)} " for code in range(128)))


def test_every_number_of_dropped_bytes(opened_on_each):
    drawn = NAMED_RULES["alnum"]
    opened, draw = opened_on_each(drawn), random.Random(1)  # noqa: S311
    for _ in range(300):
        share = draw.random()
        assert_alike(opened, drawn, "".join(draw.choice(".'a ") if draw.random() < share else "b" for _ in range(200)))


@pytest.mark.parametrize("piece", ["a ", "abc. ", "\u00e9 ", "\u00e9", "it's<br />", "\u2003x"])
@pytest.mark.parametrize("name", ["alnum", "tokenizer"])
def test_more_words_than_a_list_holds(opened_on_each, name, piece):
    drawn = NAMED_RULES[name]
    opened = opened_on_each(drawn)
    for count in (255, 256, 257, 287, 288, 289, 1000, 5000):
        assert_alike(opened, drawn, piece * count)


@pytest.mark.slow  # texts of 16 MiB
@pytest.mark.parametrize("piece", ["x", "x.", "Word ", "<br />", "\u0130"], ids=ascii)
def test_a_long_text(opened_on_each, piece):
    drawn = NAMED_RULES["alnum"]
    text = piece * ((16 << 20) // len(piece.encode()))
    word = {"x": text, "x.": text.replace(".", ""), "\u0130": "i" * len(text)}.get(piece)
    words = [word] if word else ["word"] * (len(text) // len(piece)) if piece == "Word " else []
    expected = sized(words)
    for model in opened_on_each(drawn).values():
        assert model.words(text) == expected


def test_a_long_word_begins_before_lists_are_full(opened_on_each):
    drawn = NAMED_RULES["alnum"]
    opened = opened_on_each(drawn)
    for count in range(250, 262):
        assert_alike(opened, drawn, "a " * count + "y" * 1000 + " b")
