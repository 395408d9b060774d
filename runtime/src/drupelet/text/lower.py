"""Lower-cases text by the Unicode version of the text rules, whatever version the interpreter has."""

from __future__ import annotations

from functools import cache

from drupelet.text.characters import characters_of
from drupelet.text.unicode_data import lower_mapping

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    import re

CAPITAL_SIGMA, SMALL_SIGMA, FINAL_SIGMA = "\u03a3", "\u03c3", "\u03c2"

_ASCII_UPPER_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def lower_ascii(text: str) -> str:
    """The text with A-Z in lower case and all else as it was."""
    return text.lower() if text.isascii() else text.translate(_ASCII_UPPER_TO_LOWER)


def lower_unicode(text: str) -> str:
    """The text as ``str.lower`` of that Unicode version gives it.

    A capital sigma at the end of a word becomes a final sigma (Unicode 15.1, section 3.13, table 3-17): a cased
    letter stands before it and none behind it, case-ignorable characters not counted.
    """
    if text.isascii():
        return text.lower()
    if CAPITAL_SIGMA in text:
        text = _with_small_sigmas(text)
    return text.translate(_mapping())


def _with_small_sigmas(text: str) -> str:
    """The text with every capital sigma in lower case. Linear: the gap between two sigmas is walked once from each side."""
    ignored, cased_letter = _around_a_sigma()
    parts, start = [], 0
    place = text.find(CAPITAL_SIGMA)
    while place >= 0:
        before = place - 1
        while before >= 0 and ignored.fullmatch(text, before, before + 1):
            before -= 1
        after = place + 1
        skipped = ignored.match(text, after)
        after = skipped.end() if skipped else after
        is_final = before >= 0 and cased_letter.match(text, before) and not cased_letter.match(text, after)
        parts += [text[start:place], FINAL_SIGMA if is_final else SMALL_SIGMA]
        start = place + 1
        place = text.find(CAPITAL_SIGMA, start)
    return "".join([*parts, text[start:]])


@cache
def _mapping() -> dict[int, str]:
    return lower_mapping()


@cache
def _around_a_sigma() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Expressions for a run of case-ignorable characters, and for a cased one."""
    return characters_of(classes=["case_ignorable"]).compiled("*"), characters_of(classes=["cased"]).compiled()
