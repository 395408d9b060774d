"""Files that are compressed."""

import bz2
import gzip
import lzma
import zlib

import pytest

from drupelet.errors import InputError
from drupelet_export.reading.owner_compression import decompressed


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zlib.compress])
def test_compressed_text(read, compress):
    vocabulary = read(compress(b"the\nfilm\n"))
    assert vocabulary.tokens == ("the", "film")
    assert vocabulary.findings[0].startswith("The file is compressed with ")


def test_compressed_parts_are_joined(read):
    assert read(gzip.compress(b"the\n") + gzip.compress(b"film\n")).tokens == ("the", "film")


def test_what_is_not_compressed_stays_as_it_is():
    for content in (b"", b"the\n", b"x^ is a word\n", b"BZh is a word\n", b"BZh9\n"):
        assert decompressed(content, "file") == (content, None)


def test_each_format_has_its_name():
    for compress, name in (
        (gzip.compress, "gzip"),
        (bz2.compress, "bz2"),
        (lzma.compress, "xz"),
        (zlib.compress, "zlib"),
    ):
        for content in (b"", b"the\n"):
            assert decompressed(compress(content), "file") == (content, name)
    assert decompressed(lzma.compress(b"the", lzma.FORMAT_ALONE), "file") == (b"the", "lzma")


def test_a_window_beyond_the_limit_is_refused():
    large = bytearray(lzma.compress(b"the", lzma.FORMAT_ALONE))
    large[1:5] = (1 << 30).to_bytes(4, "little")
    with pytest.raises(
        InputError, match=r"^file: cannot be decompressed \(lzma: Memory usage limit exceeded\); expected whole lzma"
    ):
        decompressed(bytes(large), "file")
