"""Headers of both versions, in one part and in several."""

import pytest

from drupelet_export.reading.hdf5.fields import Hdf5Error, Storage
from drupelet_export.reading.hdf5.object_header import ATTRIBUTE, read_messages
from export.reading.hdf5.hdf5_files import same_as_library, some_numbers, written


def header(*messages, size_bytes=None):
    """A header of the first version at byte 0."""
    body = b"".join(
        kind.to_bytes(2, "little") + len(body).to_bytes(2, "little") + bytes([flags, 0, 0, 0]) + body
        for kind, flags, body in messages
    )
    size_bytes = len(body) if size_bytes is None else size_bytes
    return b"\x01\0" + len(messages).to_bytes(2, "little") + b"\1\0\0\0" + size_bytes.to_bytes(8, "little") + body


@pytest.mark.parametrize("track_order", [False, True])
@pytest.mark.parametrize("count", [1, 7, 60])
def test_attributes_in_several_parts(track_order, count):
    def fill(file):
        file["a"] = some_numbers(3)
        for number in range(count):
            file["a"].attrs[f"name{number}"] = [f"text {number}", "b" * number]
        file.create_group("b", track_order=track_order).attrs["weight_names"] = ["c"]

    same_as_library(written(fill, track_order=track_order))


def test_messages_of_other_kinds_are_passed_over():
    [message] = read_messages(Storage(header((0x12, 0, b"12345678"), (ATTRIBUTE, 0, b"abcdefgh"))), 0)
    assert (message.kind, message.body.take(8)) == (ATTRIBUTE, b"abcdefgh")


def test_a_message_that_stands_elsewhere_is_refused():
    with pytest.raises(Hdf5Error, match=r"^the message at byte 24 stands elsewhere, which Keras does not write$"):
        read_messages(Storage(header((ATTRIBUTE, 2, b"abcdefgh"))), 0)


def test_a_header_that_continues_in_itself_is_refused():
    inside = (16).to_bytes(8, "little") + (24).to_bytes(8, "little")
    with pytest.raises(Hdf5Error, match=r"^a part of an object header lies over other parts of the file$"):
        read_messages(Storage(header((0x10, 0, inside))), 0)


def test_a_header_beyond_the_file_is_refused():
    with pytest.raises(Hdf5Error, match=r"^an object header lies over other parts of the file$"):
        read_messages(Storage(header(size_bytes=100)), 0)
    with pytest.raises(Hdf5Error, match=r"^an object header at byte 0 begins with b'OHDX', expected b'OHDR'$"):
        read_messages(Storage(b"OHDX" + bytes(90)), 0)
