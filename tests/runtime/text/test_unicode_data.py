"""The tables of Unicode 15.1.0 say what str does on a Python that has that version."""

import sys
import unicodedata

import pytest

from drupelet.text import UNICODE_VERSION, unicode_data

SAME_VERSION = unicodedata.unidata_version == UNICODE_VERSION
METHODS = {
    "space": str.isspace,
    "letters": str.isalpha,
    "alphanumeric": str.isalnum,
    "decimal": str.isdecimal,
    "marks": lambda character: unicodedata.category(character).startswith("M"),
}
MOST_CHANGES = 16
"""Assigned characters of which another version of Unicode may think differently: a few change in each version."""


def members(name):
    return {code for first, last in unicode_data.ranges(name) for code in range(first, last + 1)}


def compared_codes():
    """Every code point; where this Python has another version of Unicode, those that it knows and the tables know."""
    if SAME_VERSION:
        return range(sys.maxunicode + 1)
    known = members("alphanumeric") | members("marks")
    return [code for code in sorted(known) if unicodedata.category(chr(code)) != "Cn"]


@pytest.mark.parametrize("name", METHODS)
def test_classes_are_those_of_str(name):
    found = members(name)
    wrong = [hex(code) for code in compared_codes() if METHODS[name](chr(code)) != (code in found)]
    assert len(wrong) <= (0 if SAME_VERSION else MOST_CHANGES), wrong


def test_lower_case_is_that_of_str():
    mapping = unicode_data.lower_mapping()
    wrong = [hex(code) for code in compared_codes() if chr(code).lower() != mapping.get(code, chr(code))]
    assert len(wrong) <= (0 if SAME_VERSION else MOST_CHANGES), wrong
    assert mapping[0x130] == "i\u0307"
    assert mapping[0x3A3] == "\u03c3"
    assert all(chr(code) != lower for code, lower in mapping.items())


def test_a_final_sigma_follows_cased_and_case_ignorable_characters():
    cased, ignorable = members("cased"), members("case_ignorable")
    assert not cased & ignorable
    wrong = []
    for code in compared_codes():
        behind_letter = f"a{chr(code)}\u03a3".lower().endswith("\u03c2")
        alone = f"{chr(code)}\u03a3".lower().endswith("\u03c2")
        if behind_letter != (code in cased or code in ignorable) or alone != (code in cased):
            wrong.append(hex(code))
    assert len(wrong) <= (0 if SAME_VERSION else MOST_CHANGES), wrong


@pytest.mark.parametrize("name", [*METHODS, "cased", "case_ignorable"])
def test_ranges_ascend_and_do_not_touch(name):
    flat = [code for pair in unicode_data.ranges(name) for code in pair]
    assert flat == sorted(flat)
    assert flat[-1] <= sys.maxunicode
    assert all(last + 1 < first for last, first in zip(flat[1::2], flat[2::2]))


def test_an_unknown_class_is_refused():
    with pytest.raises(KeyError, match="vowels"):
        unicode_data.ranges("vowels")


@pytest.mark.skipif(not SAME_VERSION, reason=f"this Python has Unicode {unicodedata.unidata_version}, not 15.1.0")
def test_every_code_point_is_compared():
    assert len(compared_codes()) == sys.maxunicode + 1
