"""The labels of a .drupelet file: each field is written where docs/format.md says, and checked."""

import pytest

from drupelet.errors import FormatError
from drupelet.label_section import decode_labels
from runtime.format_writer import labels_section
from runtime.native.file_surgery import u32


@pytest.mark.parametrize("labels", [("a", "b"), ("\u043f\u043b\u043e\u0445\u043e", "\U0001f600", "x" * 1024)])
def test_labels_round_trip(labels):
    assert decode_labels(memoryview(labels_section(labels))) == labels


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (u32(4097), r"section labels: 4097 labels, expected at most 4096"),
        (u32(0xFFFFFFFF), r"4294967295 labels"),
        (u32(1, 1025), r"section labels: a label of 1025 bytes, expected at most 1024"),
        (u32(1, 0xFFFFFFFF), r"a label of 4294967295 bytes"),
        (u32(1, 3) + b"no", r"section labels ends after 10 bytes, expected 11 or more"),
        (u32(2, 2) + b"no", r"section labels ends after 10 bytes, expected 14 or more"),
        (u32(1, 2) + b"no!", r"section labels has 1 bytes too many"),
        (u32(1, 1) + b"\xff", r"section labels holds text that is not UTF-8"),
    ],
)
def test_each_field_of_the_labels_is_checked(content, message):
    with pytest.raises(FormatError, match=message):
        decode_labels(memoryview(content))
