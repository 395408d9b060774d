import re

import pytest

from drupelet.errors import InputError
from drupelet.text.named import NAMED_RULES, named_rules
from drupelet.text.words import splitter

NAMASTE = "\u0928\u092e\u0938\u094d\u0924\u0947"
WORLD = "\u0926\u0941\u0928\u093f\u092f\u093e"
I_WANT = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
"""Words whose vowel signs are marks (Hindi), or that hold a zero-width non-joiner (Persian)."""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("tokenizer", "It's well-made.\tNICE_one,\nreally\x85yes", ["it's", "well", "made", "nice", "one", "really\x85yes"]),
        ("tokenizer", "SCH\u00d6NE \u0130\u00a0X", ["sch\u00f6ne", "i\u0307\u00a0x"]),
        ("imdb", "It's good", ["it's", "good"]),
        ("textvectorization", "It's WELL-made \u00c9t\u00c9\x1cb", ["its", "wellmade", "\u00c9t\u00c9\x1cb"]),
        ("alnum", "It's<br />well-made \u00e9t\u00e9 2", ["its", "wellmade", "t", "2"]),
        ("words", "It's well-made \u00c9T\u00c9 2", ["it", "s", "well", "made", "\u00e9t\u00e9", "2"]),
        ("words", f"{NAMASTE} {WORLD}!", [NAMASTE, WORLD]),
        ("words", f"{I_WANT}\u060c", [I_WANT]),
        ("characters", "A \u4e2d", ["A", " ", "\u4e2d"]),
    ],
)  # fmt: skip
def test_named_rules_make_these_words(name, text, words):
    assert splitter(named_rules(name))(text) == words


def test_only_imdb_has_ids_of_its_own():
    assert {name: (r.start_id, r.unknown_id) for name, r in NAMED_RULES.items() if r.start_id is not None} == {
        "imdb": (1, 2)
    }


def test_keras_is_refused_with_the_two_that_may_be_meant():
    with pytest.raises(
        InputError, match=r"Tokenizer turns.*give tokenizer; .*TextVectorization.*give textvectorization"
    ):
        named_rules("keras")


def test_a_mistyped_name_gets_the_closest_one():
    with pytest.raises(InputError, match=re.escape("did you mean 'tokenizer'")):
        named_rules("tokeniser")
