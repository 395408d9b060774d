import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.text.characters import characters_of
from drupelet.text.named import ALNUM, CHARACTERS, NAMED_RULES, TEXTVECTORIZATION, WORDS
from drupelet.text.words import splitter
from drupelet_train.words import letters as letters_module
from drupelet_train.words.letters import (
    WITHOUT_SPACES,
    LetterCounts,
    count_letters,
    dropped_letters,
    letters_without_spaces,
)

any_text = st.text(st.characters(exclude_categories=()), max_size=30)
SCRIPTS = (
    "THAI",
    "LAO",
    "MYANMAR",
    "KHMER",
    "HIRAGANA",
    "KATAKANA",
    "BOPOMOFO",
    "CJK UNIFIED",
    "CJK COMPATIBILITY IDEOGRAPH",
)
SCRIPTS += ("HALFWIDTH KATAKANA", "TAI LE", "NEW TAI LUE", "TAI THAM", "TAI VIET", "AHOM", "HENTAIGANA")

COMMON_SIGNS = {
    "IDEOGRAPHIC ITERATION MARK",
    "IDEOGRAPHIC CLOSING MARK",
    "VERTICAL KANA REPEAT MARK",
    "VERTICAL KANA REPEAT WITH VOICED SOUND MARK",
    "VERTICAL KANA REPEAT MARK UPPER HALF",
    "VERTICAL KANA REPEAT WITH VOICED SOUND MARK UPPER HALF",
    "VERTICAL KANA REPEAT MARK LOWER HALF",
    "VERTICAL IDEOGRAPHIC ITERATION MARK",
    "MASU MARK",
}


@given(st.lists(any_text, max_size=5), st.integers(1, 40))
def test_letters_are_counted_one_by_one(texts, chunk):
    letters = characters_of(classes=["letters"])
    before, letters_module.CHUNK_CHARACTERS = letters_module.CHUNK_CHARACTERS, chunk
    try:
        found = count_letters(texts)
    finally:
        letters_module.CHUNK_CHARACTERS = before
    assert found == Counter(character for character in "".join(texts) if character in letters)


@given(any_text, st.sampled_from([ALNUM, WORDS, TEXTVECTORIZATION, CHARACTERS]))
def test_the_words_of_a_text_hold_the_letters_that_are_not_dropped(text, rules):
    letters = characters_of(classes=["letters"])
    counted = count_letters([text])
    dropped = dropped_letters(counted, rules)
    kept = sum(character in letters for word in splitter(rules)(text) for character in word)
    assert dropped.total() <= counted.total()
    if "<br />" not in text:  # which alnum takes for the end of a line
        assert kept == counted.total() - dropped.total()


@pytest.mark.parametrize(
    ("rules", "dropped"),
    [("alnum", "\u00e9\u00df\u0436\u4f60\u0131"), ("words", ""), ("characters", ""), ("tokenizer", "")],
)
def test_alnum_drops_what_is_not_a_to_z(rules, dropped):
    # The Kelvin sign and the dotted capital I become k and i in lower case.
    letters = count_letters(["aZ\u00e9\u00df\u0436\u4f60\u0131\u0130\u212a 7 !"])
    assert dropped_letters(letters, NAMED_RULES[rules]) == Counter(dropped)


def test_no_letter_has_no_share():
    assert LetterCounts(Counter(), Counter()).dropped_share == 0.0
    assert LetterCounts(Counter("aab"), Counter("a")).dropped_share == pytest.approx(1 / 3)


def test_scripts_without_spaces_are_those_of_their_names():
    letters = characters_of(classes=["letters"])
    found = characters_of(others=WITHOUT_SPACES)
    wrong = []
    for code in range(0x110000):
        name = unicodedata.name(chr(code), "")
        if name and chr(code) in letters and (chr(code) in found) != name.startswith(SCRIPTS):
            wrong.append(name)
    # Both languages write them, and no script's name begins theirs: signs of repetition and of closing.
    assert set(wrong) == COMMON_SIGNS
    assert all(first <= last for first, last in WITHOUT_SPACES)
    assert list(WITHOUT_SPACES) == sorted(WITHOUT_SPACES)


@pytest.mark.parametrize(
    "text", ["\ud55c\uad6d\uc5b4", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0645\u0631\u062d\u0628\u0627", "abc"]
)
def test_korean_hindi_arabic_and_english_put_spaces_between_words(text):
    assert not letters_without_spaces(count_letters([text]))
