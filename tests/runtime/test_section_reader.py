import struct

import pytest

from drupelet.errors import FormatError
from drupelet.section_reader import NO_VALUE, SectionReader, named, optional, padded_name

PAIR = struct.Struct("<HB")


def test_records_bytes_and_texts_follow_each_other():
    reader = SectionReader(memoryview(b"\x01\x02\x03\xc3\xa9xy"), "here")
    assert reader.take(PAIR) == (0x0201, 3)
    assert reader.text(2) == "\u00e9"
    with pytest.raises(FormatError, match=r"section here has 2 bytes too many"):
        reader.finish()
    assert reader.bytes(2) == b"xy"
    reader.finish()


@pytest.mark.parametrize("read", [lambda r: r.take(PAIR), lambda r: r.bytes(3), lambda r: r.text(3)])
def test_nothing_is_read_behind_the_end(read):
    with pytest.raises(FormatError, match=r"section here ends after 2 bytes, expected 3 or more"):
        read(SectionReader(memoryview(b"ab"), "here"))


def test_codes_of_names_and_absent_numbers():
    assert (named(("a", "b"), 1, "letter"), optional(7), optional(NO_VALUE)) == ("b", 7, None)
    with pytest.raises(FormatError, match=r"letter has code 2, this release knows 2; upgrade drupelet"):
        named(("a", "b"), 2, "letter")


def test_a_padded_name():
    assert padded_name(b"ab\0\0", "here") == "ab"
    for raw in (b"\0\0", b"a\0b", b"\xe9\0"):
        with pytest.raises(FormatError, match=r"here: name .*, expected ASCII, padded with zeros"):
            padded_name(raw, "here")
