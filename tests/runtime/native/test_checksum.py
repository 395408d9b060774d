"""CRC-32 and SHA-256 of the kernel, by every unit that this processor runs."""

import hashlib
import random
import zlib

import pytest

NIST = {
    b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu": (
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    b"a" * 1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}
"""The examples of FIPS 180-4, and the message of a million characters that NIST gives beside them."""
CHECK = (b"123456789", 0xCBF43926)
"""The check value that catalogues of CRCs give for CRC-32."""
LENGTHS = (*range(201), 1023, 1024, 1025, 4099, 65_536, 1_000_003)


@pytest.fixture(params=["portable", "sha", "armv8"])
def sha256_unit(native, request):
    return runnable(native.checksum_units()["sha256"], request.param)


@pytest.fixture(params=["portable", "pclmul", "armv8"])
def crc32_unit(native, request):
    return runnable(native.checksum_units()["crc32"], request.param)


def runnable(units, name):
    """The name of a unit; skips where it is of another processor, or this one lacks its instructions."""
    if name not in units:
        pytest.skip(f"this build has {', '.join(units)}")
    if units[name] is not None:
        pytest.skip(units[name])
    return name


def drawn(length):
    return random.Random(length).randbytes(length)  # noqa: S311 - content of a test


def test_sha_256_of_the_examples_of_its_standard(native, sha256_unit):
    for content, digest in NIST.items():
        assert native.sha256(content, sha256_unit) == digest


def test_sha_256_at_every_length_around_a_block(native, sha256_unit):
    for length in LENGTHS:
        assert native.sha256(drawn(length), sha256_unit) == hashlib.sha256(drawn(length)).hexdigest(), length


def test_crc_32_of_its_check_value(native, crc32_unit):
    content, expected = CHECK
    assert native.crc32(content, crc32_unit) == expected


def test_crc_32_at_every_length_around_a_vector(native, crc32_unit):
    for length in LENGTHS:
        assert native.crc32(drawn(length), crc32_unit) == zlib.crc32(drawn(length)), length


def test_every_processor_has_the_portable_units(native):
    assert {name: units["portable"] for name, units in native.checksum_units().items()} == {
        "crc32": None,
        "sha256": None,
    }


def test_a_unit_that_is_not_there_is_named(native):
    for checksum in (native.sha256, native.crc32):
        with pytest.raises(ValueError, match="no unit abacus runs here"):
            checksum(b"", "abacus")
        with pytest.raises(TypeError):
            checksum("text")
