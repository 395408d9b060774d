"""A file takes the memory of the bytes that are there, whatever length was announced."""

import io

import pytest

from drupelet.bounded_read import CHUNK_BYTES, read_at_most


@pytest.mark.parametrize("size", [0, 1, 9, 10, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_within_the_limit_is_read_whole(size):
    content = bytes(n % 251 for n in range(size))
    assert read_at_most(io.BytesIO(content), size) == content
    assert read_at_most(io.BytesIO(content), 1 << 40) == content


@pytest.mark.parametrize("limit", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_of_a_longer_file_one_byte_more_is_read(limit):
    file = io.BytesIO(bytes(limit + 5))
    assert len(read_at_most(file, limit)) == limit + 1
    assert file.tell() == limit + 1


def test_a_file_that_gives_less_than_it_is_asked_for_is_read_to_its_end():
    class Trickle(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 3))

    assert read_at_most(Trickle(b"0123456789"), 99) == b"0123456789"
