"""A .keras file is a zip of bounded members, each with a name of its own."""

import io
import json
import tracemalloc
import zipfile

import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading import archive_file
from drupelet_export.reading.archive_file import read_archive

MEMBERS = {
    "metadata.json": json.dumps({"keras_version": "3.1.0"}),
    "config.json": "{}",
    "model.weights.h5": b"weights",
    "assets/layers/a/vocabulary.txt": b"\n[UNK]\n",
    "assets/layers/a/other.txt": b"x",
}


def packed(members=MEMBERS, **more):
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w") as archive:
        for name, content in [*members.items(), *more.items()]:
            archive.writestr(name, content)
    return place.getvalue()


def test_the_parts_are_read():
    parts = read_archive(packed(), "here")
    assert (parts.config, parts.version.text, parts.weights) == ({}, "3.1.0", b"weights")
    assert parts.vocabularies == {"assets/layers/a/vocabulary.txt": b"\n[UNK]\n"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused():
    place = io.BytesIO(packed())
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr("config.json", "[]")
    with pytest.raises(ModelError, match=r"^here: has 6 members, expected at most 10000, each with a name of its own$"):
        read_archive(place.getvalue(), "here")


def test_a_size_that_is_absurd_is_refused(monkeypatch):
    content = bytearray(packed())
    place = content.find(b"PK\x01\x02")
    content[place + 24 : place + 28] = (2**32 - 2).to_bytes(4, "little")
    with pytest.raises(ModelError, match=r"^here: unpacks to \d+ bytes, expected at most 1073741824$"):
        read_archive(bytes(content), "here")
    monkeypatch.setattr(archive_file, "MAX_MEMBERS", 4)
    with pytest.raises(ModelError, match=r"^here: has 5 members, expected at most 4"):
        read_archive(packed(), "here")


def test_a_zip_bomb_is_not_unpacked():
    place = io.BytesIO()
    size = 1 << 26
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in MEMBERS.items():
            archive.writestr(name, bytes(size) if name == "model.weights.h5" else content)
    tracemalloc.start()
    with pytest.raises(
        ModelError, match=r"^here: unpacks to \d+ bytes, expected at most \d+ of an archive of \d+ bytes"
    ):
        read_archive(place.getvalue(), "here")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 21


@pytest.mark.parametrize("missing", ["metadata.json", "config.json", "model.weights.h5"])
def test_a_part_that_is_missing_is_named(missing):
    members = {name: content for name, content in MEMBERS.items() if name != missing}
    with pytest.raises(
        ModelError, match=rf"^here: not a .keras or .h5 model \(.*{missing}.*\); save with model.save\(\)$"
    ):
        read_archive(packed(members), "here")
