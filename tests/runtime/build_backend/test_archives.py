"""Archives have the same bytes for the same files, and a RECORD that is true."""

from __future__ import annotations

import base64
import csv
import hashlib
import tarfile
import zipfile
from pathlib import Path

import pytest

from drupelet_build.archives import write_sdist, write_wheel

FILES = {"b.py": b"b = 1\n", "a.py": b""}
METADATA = {"a-1.dist-info/WHEEL": b"w", "a-1.dist-info/METADATA": b"m"}


def test_record_has_the_hash_and_the_size_of_every_file(tmp_path: Path) -> None:
    write_wheel(tmp_path / "a.whl", FILES, "a-1.dist-info", METADATA)
    with zipfile.ZipFile(tmp_path / "a.whl") as archive:
        names = archive.namelist()
        rows = list(csv.reader(archive.read("a-1.dist-info/RECORD").decode().splitlines()))
        for name, hashed, size_bytes in rows[:-1]:
            content = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (hashed, size_bytes) == (f"sha256={digest}", str(len(content)))
    assert rows[-1] == ["a-1.dist-info/RECORD", "", ""]
    assert [row[0] for row in rows] == names
    assert names == ["a.py", "b.py", "a-1.dist-info/METADATA", "a-1.dist-info/WHEEL", "a-1.dist-info/RECORD"]


def test_the_order_of_files_does_not_matter_and_the_date_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    for name, files in (("one", FILES), ("two", dict(sorted(FILES.items())))):
        write_wheel(tmp_path / f"{name}.whl", files, "a-1.dist-info", METADATA)
        write_sdist(tmp_path / f"{name}.tar.gz", "a-1", files)
    for ending in ("whl", "tar.gz"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.whl") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2020, 9, 13, 12, 26, 40)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        assert [(member.name, member.mtime, member.mode) for member in archive] == [
            ("a-1/a.py", 1_600_000_000, 0o644),
            ("a-1/b.py", 1_600_000_000, 0o644),
        ]
