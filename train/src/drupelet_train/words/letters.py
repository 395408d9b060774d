"""Letters of texts: how often each stands there, which of them text rules drop, and which belong to scripts without spaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache

from drupelet.text.characters import Characters, characters_of
from drupelet.text.rules import TextRules
from drupelet.text.words import splitter

WITHOUT_SPACES = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x3005, 0x3007),  # ideographic iteration mark, closing mark and zero
    (0x3031, 0x303C),  # kana repeat marks, ideographic numbers and iteration mark
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo Extended
    (0x31F0, 0x31FF),  # Katakana Phonetic Extensions
    (0x3400, 0x4DBF),  # CJK Unified Ideographs Extension A
    (0x4E00, 0x9FFF),  # CJK Unified Ideographs
    (0xA9E0, 0xA9FF),  # Myanmar Extended-B
    (0xAA60, 0xAADF),  # Myanmar Extended-A, Tai Viet
    (0xF900, 0xFAFF),  # CJK Compatibility Ideographs
    (0xFF66, 0xFF9D),  # halfwidth Katakana
    (0x11700, 0x1174F),  # Ahom
    (0x1AFF0, 0x1B16F),  # Kana Extended-B, Kana Supplement, Kana Extended-A, Small Kana Extension
    (0x20000, 0x323AF),  # CJK Unified Ideographs Extensions B to I, the planes of ideographs
)
"""Blocks of scripts that put no space between words, both ends included, of Unicode 15.1 (``Blocks.txt``).

They are those of line breaking class SA (UAX #14: the scripts of South East Asia that need a dictionary to find words), and of
the scripts Han, Hiragana, Katakana and Bopomofo (UAX #24, ``Scripts.txt``). Hangul is not among them: Korean has spaces.
"""


def count_letters(texts: Iterable[str]) -> Counter[str]:
    """How often each letter (``str.isalpha`` of the text rules' Unicode version) stands in the texts."""
    characters: Counter[str] = Counter()
    for text in texts:
        characters.update(text)
    letters = _letters()
    return Counter({character: count for character, count in characters.items() if character in letters})


def dropped_letters(letters: Counter[str], rules: TextRules) -> Counter[str]:
    """Those of ``letters`` that ``rules`` drop: a text of that letter alone has no word."""
    words_of = splitter(rules)
    return Counter({letter: count for letter, count in letters.items() if not words_of(letter)})


def letters_without_spaces(letters: Counter[str]) -> Counter[str]:
    """Those of ``letters`` that belong to scripts without spaces between words."""
    found = _without_spaces()
    return Counter({letter: count for letter, count in letters.items() if letter in found})


@cache
def _letters() -> Characters:
    return characters_of(classes=["letters"])


@cache
def _without_spaces() -> Characters:
    return characters_of(others=WITHOUT_SPACES)
