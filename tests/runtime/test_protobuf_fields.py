"""Fields of protocol buffers, from literal bytes."""

import pytest

from drupelet.errors import FormatError
from drupelet.protobuf_fields import fields


def test_fields_are_read():
    content = b"\x08\x96\x01\x12\x02ab\x1d\x00\x00\x80\x3f\x21" + bytes(8)
    found = [
        (number, value if isinstance(value, int) else bytes(value))
        for number, value in fields(memoryview(content), "", "")
    ]
    assert found == [(1, 150), (2, b"ab"), (3, b"\x00\x00\x80\x3f"), (4, bytes(8))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x12\x05ab", "here: cut short: 5 bytes expected at byte 2 of 4; advice"),
        (b"\x12\xff\xff\xff\xff\x0fab", "here: cut short: 4294967295 bytes expected at byte 6 of 8; advice"),
        (b"\x0b", "here: not a protocol buffer (wire type 3 at byte 1); advice"),
        (b"\x08\x80", "here: not a protocol buffer (a number at byte 1 does not end); advice"),
        (b"\x08" + b"\x80" * 20, "here: not a protocol buffer (a number at byte 1 does not end); advice"),
    ],
)
def test_what_is_no_message_is_refused(content, message):
    with pytest.raises(FormatError) as raised:
        list(fields(memoryview(content), "here", "advice"))
    assert str(raised.value) == message
