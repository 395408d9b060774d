"""Letters of texts: how often each stands there, which of them text rules drop, and which belong to scripts without spaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from drupelet.text.characters import LAST_CODE_POINT, Characters, characters_of
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
    (0xFF66, 0xFF9F),  # halfwidth Katakana
    (0x11700, 0x1174F),  # Ahom
    (0x1AFF0, 0x1B16F),  # Kana Extended-B, Kana Supplement, Kana Extended-A, Small Kana Extension
    (0x20000, 0x323AF),  # CJK Unified Ideographs Extensions B to I, the planes of ideographs
)
"""Blocks of scripts that put no space between words, both ends included, of Unicode 15.1 (``Blocks.txt``).

They are those of line breaking class SA (UAX #14: the scripts of South East Asia that need a dictionary to find words), and of
the scripts Han, Hiragana, Katakana and Bopomofo (UAX #24, ``Scripts.txt``). Hangul is not among them: Korean has spaces.
"""

CHUNK_CHARACTERS = 1_000_000
"""Characters that are counted at once. Counting them one by one takes ten times as long."""


@dataclass(frozen=True)
class LetterCounts:
    """How often each letter stands in texts, and how often those of them that text rules drop."""

    letters: Counter[str]
    dropped: Counter[str]

    @property
    def dropped_share(self) -> float:
        """The share of the letters that the rules drop; 0 where there is no letter."""
        return self.dropped.total() / self.letters.total() if self.letters else 0.0


def count_letters(texts: Iterable[str]) -> Counter[str]:
    """How often each letter (``str.isalpha`` of the text rules' Unicode version) stands in the texts."""
    counts = np.zeros(LAST_CODE_POINT + 1, np.int64)
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if size >= CHUNK_CHARACTERS:
            counts += _code_points("".join(chunk))
            chunk, size = [], 0
    counts += _code_points("".join(chunk))
    found = {chr(code): int(counts[code]) for code in np.flatnonzero(counts).tolist()}
    letters = _letters()
    return Counter({character: count for character, count in found.items() if character in letters})


def dropped_letters(letters: Counter[str], rules: TextRules) -> Counter[str]:
    """Those of ``letters`` that ``rules`` drop: a text of that letter alone has no word."""
    words_of = splitter(rules)
    return Counter({letter: count for letter, count in letters.items() if not words_of(letter)})


def letters_without_spaces(letters: Counter[str]) -> Counter[str]:
    """Those of ``letters`` that belong to scripts without spaces between words."""
    found = _without_spaces()
    return Counter({letter: count for letter, count in letters.items() if letter in found})


def _code_points(text: str) -> npt.NDArray[np.int64]:
    """(code points,) int64: how often each stands in the text."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    return np.bincount(codes, minlength=LAST_CODE_POINT + 1)


@cache
def _letters() -> Characters:
    return characters_of(classes=["letters"])


@cache
def _without_spaces() -> Characters:
    return characters_of(others=WITHOUT_SPACES)
