"""Fields of protocol buffers, from literal bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet_export.errors import ModelError
from drupelet_export.reading.protobuf_fields import fields


def read(content):
    return [
        (number, bytes(value) if isinstance(value, memoryview) else value)
        for number, value in fields(memoryview(content), "here")
    ]


def test_fields_are_read():
    assert read(b"\x08\x96\x01\x12\x02ab\x1d\x00\x00\x80\x3f\x21" + bytes(8)) == [
        (1, 150),
        (2, b"ab"),
        (3, b"\x00\x00\x80\x3f"),
        (4, bytes(8)),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x12\x05ab", r"^here: cut short: 5 bytes expected at byte 2 of 4"),
        (b"\x12\xff\xff\xff\xff\x0fab", r"^here: cut short: 4294967295 bytes expected"),
        (b"\x0b", r"^here: not a protocol buffer \(wire type 3 at byte 1\)"),
        (b"\x08\x80", r"^here: not a protocol buffer \(a number at byte 1 does not end\)"),
        (b"\x08" + b"\x80" * 20, r"a number at byte 1 does not end"),
    ],
)
def test_what_is_no_message_is_refused(content, message):
    with pytest.raises(ModelError, match=message):
        read(content)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(content):
    try:
        found = read(content)
    except ModelError:
        return
    assert sum(len(value) for _, value in found if isinstance(value, bytes)) <= len(content)
