"""A bundle in a .zip is read without unpacking it, and a damaged or hostile .zip is named."""

import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from drupelet.bundle import open_bundle
from drupelet.errors import DrupeletError, FormatError, IntegrityError
from drupelet.zip_bundle import FREE_UNPACKED_BYTES, ZipFiles, is_zip


@pytest.fixture
def archive_path(tmp_path):
    """A .zip of one member of 10 bytes."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("digits", b"0123456789")
    return path


@pytest.mark.parametrize(("limit_bytes", "read"), [(0, b"0"), (3, b"0123"), (9, b"0123456789"), (99, b"0123456789")])
def test_no_more_of_a_member_is_read_than_shows_that_it_is_too_long(archive_path, limit_bytes, read):
    assert ZipFiles(str(archive_path)).read("digits", limit_bytes) == read


def test_a_zip_is_known_by_its_directory_not_its_name(archive_path, tmp_path):
    (tmp_path / "b.zip").write_bytes(archive_path.read_bytes()[:-22])
    assert is_zip(str(archive_path.rename(tmp_path / "a.bundle")))
    assert not is_zip(str(tmp_path / "b.zip"))


IS_ZIP_IN_A_GIGABYTE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from drupelet.zip_bundle import is_zip
print(is_zip(sys.argv[1]))
"""


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
def test_the_directory_of_a_device_is_not_searched(tmp_path):
    """The search read /dev/zero until the memory was full."""
    (tmp_path / "a.zip").symlink_to("/dev/zero")
    command = [sys.executable, "-c", IS_ZIP_IN_A_GIGABYTE, str(tmp_path / "a.zip")]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60).stdout == "False\n"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_unpacks_without_a_bound_is_refused(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("digits", b"0123456789")
    with pytest.raises(FormatError, match=r"a\.zip: digits is neither stored nor deflated; pack the bundle again with"):
        ZipFiles(str(tmp_path / "a.zip")).read("digits", 10)


def test_a_zip_of_the_folder_itself(bundle_folder, tmp_path):
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in bundle_folder.iterdir():
            archive.write(file, f"tiny/{file.name}")
        archive.writestr("__MACOSX/tiny/._manifest.json", b"what a Mac adds")
    assert open_bundle(path).vocabulary()


def test_a_directory_of_a_million_files_is_not_read(tmp_path, run_in_little_memory):
    path = tmp_path / "many.zip"
    count = 1_000_000
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 0, 0)
    path.write_bytes(entry * count + end)
    done = run_in_little_memory("sys.exit(drupelet.cli.main(['inspect', sys.argv[1]]))", path)
    assert done.returncode == 2
    assert "its directory has more than 1048576 bytes" in done.stderr


def test_a_file_missing_from_a_zip(bundle_copy, tmp_path, as_zip):
    (bundle_copy / "vocabulary.bin").unlink()
    bundle = open_bundle(as_zip(bundle_copy, tmp_path / "tiny.zip"))
    with pytest.raises(IntegrityError, match=r"tiny\.zip: vocabulary\.bin is missing; copy the bundle again"):
        bundle.vocabulary()


@pytest.mark.parametrize("names", [["words"], ["a/b/manifest.json"], ["a/manifest.json", "b/manifest.json"]])
def test_a_zip_without_manifest(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"{}")
    with pytest.raises(IntegrityError, match=r"a\.zip: manifest\.json is missing"):
        open_bundle(tmp_path / "a.zip")


def test_a_changed_byte_in_a_zip(bundle_folder, tmp_path, as_zip):
    path = as_zip(bundle_folder, tmp_path / "tiny.zip", zipfile.ZIP_STORED)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"DRPVOCAB", b"DRPVOCAC"))
    with pytest.raises(
        FormatError, match=r"tiny\.zip: vocabulary\.bin cannot be unpacked \(Bad CRC-32.*copy the bundle"
    ):
        open_bundle(path).read(open_bundle(path).manifest.vocabulary)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (zipfile.ZIP_DEFLATED, "manifest.json"),
        (zipfile.ZIP_DEFLATED, "vocabulary.bin"),
        (zipfile.ZIP_BZIP2, "manifest.json"),
        (zipfile.ZIP_BZIP2, "vocabulary.bin"),
        (zipfile.ZIP_LZMA, "manifest.json"),
    ],
)
def test_a_zip_bomb_stays_in_its_box(bundle_copy, tmp_path, run_in_little_memory, method, name):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", method) as archive:
        for path in bundle_copy.iterdir():
            if path.name != name:
                archive.write(path, path.name, zipfile.ZIP_STORED)
        with archive.open(name, "w") as member:
            for _ in range(150):
                member.write(bytes(1 << 20))
    code = """
try:
    drupelet.open_bundle(sys.argv[1]).vocabulary()
except drupelet.DrupeletError as error:
    print(error)
"""
    done = run_in_little_memory(code, bomb)
    assert done.returncode == 0, done.stderr
    assert name in done.stdout


def test_a_zip_bomb_that_its_manifest_vouches_for_is_not_unpacked(
    bundle_copy, replace_file, edit_manifest, as_zip, tmp_path, run_in_little_memory
):
    size = 300 << 20
    replace_file(bundle_copy, "vocabulary.bin", bytes(size))
    bomb = as_zip(bundle_copy, tmp_path / "bomb.zip")
    assert bomb.stat().st_size < 1 << 20
    done = run_in_little_memory("sys.exit(drupelet.cli.main(['tokens', sys.argv[1], 'a good film']))", bomb)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"vocabulary.bin: unpacks to {size} bytes, expected at most " in done.stderr


def test_a_member_may_be_all_repetitions_while_it_is_small(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(FREE_UNPACKED_BYTES))
    assert len(ZipFiles(str(path)).read("zeros", FREE_UNPACKED_BYTES)) == FREE_UNPACKED_BYTES


def test_a_zip_that_declares_less_than_it_unpacks_to(bundle_copy, tmp_path):
    path = tmp_path / "liar.zip"
    size = (bundle_copy / "vocabulary.bin").stat().st_size
    (bundle_copy / "vocabulary.bin").write_bytes(bytes(1 << 20))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in bundle_copy.iterdir():
            archive.write(member, member.name)
    content = bytearray(path.read_bytes())
    local, central = content.index(b"vocabulary.bin"), content.rindex(b"vocabulary.bin")
    for at in (local - 8, central - 22):  # the size, in the header before the name and in the directory
        assert struct.unpack_from("<I", content, at) == (1 << 20,)
        struct.pack_into("<I", content, at, size)
    path.write_bytes(content)
    with pytest.raises(DrupeletError, match=r"liar\.zip: vocabulary\.bin"):
        open_bundle(path).vocabulary()


def zip_with_a_name_that_is_not_utf8(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
        archive.writestr("\u00e9\u00e9", b"")
    path.write_bytes(path.read_bytes().replace("\u00e9\u00e9".encode(), b"\xff\xff\xff\xff"))


def zip_with_damaged_lzma(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("manifest.json", b"{}" * 50)
    content = bytearray(path.read_bytes())
    content[30 + len("manifest.json") + 4 : 30 + len("manifest.json") + 9] = b"\xff" * 5  # the properties of the filter
    path.write_bytes(content)


def zip_that_is_encrypted(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
    content = path.read_bytes()
    path.write_bytes(
        content.replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0").replace(
            b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0"
        )
    )


def zip_of_an_unknown_method(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\x14\0\0\0\0\0", b"\x14\0\0\0\x63\0"))


def zip_whose_member_lies_behind_its_end(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + 42
    content[at : at + 4] = struct.pack("<I", len(content) - 10)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "make",
    [
        zip_with_a_name_that_is_not_utf8,
        zip_with_damaged_lzma,
        zip_that_is_encrypted,
        zip_of_an_unknown_method,
        zip_whose_member_lies_behind_its_end,
    ],
)
def test_damaged_zips(tmp_path, make):
    make(tmp_path / "odd.zip")
    with pytest.raises(FormatError, match=r"odd\.zip: .+; .+"):
        open_bundle(tmp_path / "odd.zip")


def test_a_thousand_random_damages_of_a_zip_are_named(bundle_folder, tmp_path, as_zip):
    generator = random.Random(7)  # noqa: S311
    whole = as_zip(bundle_folder, tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "damaged.zip"
    for round_ in range(1000):
        content = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            # Half of the damage goes to the directory at the end, where a zip has its structure.
            low = 0 if generator.random() < 0.5 else len(content) - 400
            content[generator.randrange(low, len(content))] = generator.randrange(256)
        path.write_bytes(content)
        try:
            bundle = open_bundle(path)
            bundle.vocabulary()
            for entry in bundle.manifest.files():
                bundle.read(entry)
        except DrupeletError:
            pass
        except Exception as error:
            raise AssertionError(f"round {round_} of seed 7") from error
