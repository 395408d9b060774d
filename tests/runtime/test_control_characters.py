"""Which characters stand in no name and reach no terminal."""

import re
import sys
import unicodedata
from pathlib import Path

import pytest

from drupelet.control_characters import escaped, escaped_line, stands_in_a_line

JOINERS = "\u200c\u200d"
LABEL_SECTION = Path(__file__).parents[2] / "runtime/csrc/label_section.c"


def test_the_ranges_are_those_of_unicode():
    """Of an older Python, those that it knows: Unicode has no character taken out of these categories since."""
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        expected = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in JOINERS
        if stands_in_a_line(character) is expected:
            assert unicodedata.category(character) == "Cn", ascii(character)


def test_the_kernel_has_the_same_ranges():
    table = LABEL_SECTION.read_text().partition("control_characters[][2] = {")[2].partition("};")[0]
    ranges = [(int(low, 16), int(high, 16)) for low, high in re.findall(r"\{0x(\w+), 0x(\w+)\}", table)]
    theirs = {number for low, high in ranges for number in range(low, high + 1)}
    surrogates = set(range(0xD800, 0xE000))  # UTF-8 has none
    ours = {number for number in range(sys.maxunicode + 1) if not stands_in_a_line(chr(number))}
    assert theirs == ours - surrogates


@pytest.mark.parametrize(
    "text", ["plain", "плохо", "\U0001f600", "e\u0301", "\u3000", "\xa0", "می\u200cخواهم", "\U0001f468\u200d\U0001f469"]
)
def test_what_a_language_needs_stands_in_a_line_and_is_not_escaped(text):
    assert stands_in_a_line(text)
    assert escaped(text) == escaped_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"), ("a\rb", r"a\rb"), ("\x9b31m", r"\x9b31m"), ("\u202etxt.exe", r"\u202etxt.exe"),
        ("\u2028", r"\u2028"), ("\U000e0041", r"\U000e0041"), ("\ud800", r"\ud800"), ("a\x00", r"a\x00"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_control_character_is_escaped(text, shown):
    assert not stands_in_a_line(text)
    assert escaped(text) == escaped_line(text) == shown


def test_lines_stay_lines_unless_one_is_wanted():
    assert escaped("a\tb\n\\") == "a\tb\n\\"
    assert escaped_line("a\tb\n\\") == "a\\tb\\n\\"
