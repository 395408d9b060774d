"""The section TEXT: each field is written where docs/format.md says, and checked."""

import pytest

from drupelet.errors import FormatError
from drupelet.model_file import read_model_file
from drupelet.text_section import RULES_HEAD, decode_text_rules
from runtime.format_writer import text_rules_section
from runtime.native.file_surgery import patched, u32, with_payload
from runtime.text.examples import EVERY_KIND, EXAMPLES

SECTION = text_rules_section(EVERY_KIND)


@pytest.mark.parametrize("rules", EXAMPLES.values(), ids=EXAMPLES)
def test_rules_are_read_as_specified(rules):
    assert decode_text_rules(memoryview(text_rules_section(rules))) == rules


def test_the_head_has_the_size_of_the_specification():
    assert RULES_HEAD.size == 60


@pytest.mark.parametrize("size", range(len(SECTION)))
def test_a_section_that_ends_early(size):
    with pytest.raises(FormatError, match=r"section text rules.* ends after|too many"):
        decode_text_rules(memoryview(SECTION[:size]))


def test_a_section_that_ends_late():
    with pytest.raises(FormatError, match=r"section text rules has 1 bytes too many"):
        decode_text_rules(memoryview(SECTION + b"\0"))


def place_of(kind):
    """The place of the payload of the first step of a kind in SECTION."""
    at = RULES_HEAD.size
    while SECTION[at] != kind:
        at += 8 + int.from_bytes(SECTION[at + 4 : at + 8], "little")
    return at + 8


@pytest.mark.parametrize(
    ("at", "new", "message"),
    [
        (0, bytes(32), r"section text rules: name .*, expected ASCII, padded with zeros"),
        (0, b"\xe9", r"section text rules: name .*, expected ASCII"),
        (31, b"x", r"section text rules: name .*, expected ASCII, padded with zeros"),
        (32, u32(0x100000), r"rules of Unicode 0x100000, this release has 0x0f0100; upgrade drupelet"),
        (36, u32(1 << 31), r"start_id is 2147483648, expected 0 to 2147483647, or none at all"),
        (40, u32(1 << 31), r"end_id is 2147483648"),
        (44, u32(1 << 31), r"unknown_id is 2147483648"),
        (48, u32(0), r"max_tokens is 0, expected 1 to"),
        (52, u32(3), r"keep has code 3, this release knows 3; upgrade drupelet"),
        (56, u32(257), r"section text rules: 257 steps, expected at most 256"),
        (56, u32(0xFFFFFFFF), r"4294967295 steps"),
        (56, u32(9), r"section text rules ends after \d+ bytes"),
        (60, u32(8), r"step 0: kind has code 8, this release knows 8"),
        (64, u32(0), r"section text rules, step 0 \(lower\) ends after 0 bytes, expected 4 or more"),
        (64, u32(0xFFFFFFFF), r"ends after \d+ bytes"),
        (place_of(0), u32(2), r"letters has code 2, this release knows 2"),
        (place_of(1), b"\x00\x00\x07\x00", r"replace: old has 0 bytes, expected 1 to 1024"),
        (place_of(1), b"\xff\xff", r"step 1 \(replace\) ends after 11 bytes, expected 65539 or more"),
        (place_of(1) + 4, b"\xff", r"step 1 \(replace\) holds text that is not UTF-8"),
        (place_of(1) + 4, b"\xed\xa0\x80", r"step 1 \(replace\) holds text that is not UTF-8"),
        (place_of(3), u32(16), r"classes have bits 0x10, this release knows 4; upgrade drupelet"),
        (place_of(5), u32(4), r"split: by has code 4, this release knows 4"),
        (place_of(5) + 4, u32(0x110000), r"split: separator 0x110000, expected a code point"),
        (place_of(5) + 4, u32(0xD800), r"holds a lone surrogate"),
        (place_of(5) + 4, u32(0xFFFFFFFF), r"split: separator is '', expected one character"),
        (place_of(6), u32(4097), r"drop_words: 4097 entries, expected at most 4096"),
        (place_of(6) + 6, b"z", r"drop_words: the words are not distinct and ascending"),
        (place_of(7), u32(5), r"ngrams: 5 entries, expected at most 4"),
        (place_of(7) + 4, u32(2), r"ngrams: sizes are \[2, 2\], expected 1 to 4 distinct ones"),
    ],
)
def test_each_field_is_checked(drupelet_file, at, new, message):
    content = patched(SECTION, at, new)
    with pytest.raises(FormatError, match=message):
        decode_text_rules(memoryview(content))
    with pytest.raises(FormatError, match=rf"^here: .*{message}.*; export it again"):
        read_model_file(with_payload(drupelet_file, "text_rules", lambda _: content), "here")
