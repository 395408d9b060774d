"""Files of a model are read as they are: whole, bounded, and none outside of their folder."""

import hashlib
import os

import pytest

from drupelet.errors import FormatError
from drupelet_export.errors import ModelError
from drupelet_export.reading import source_file
from drupelet_export.reading.source_file import copy_source_file, joined_digest, open_source_file, read_source_file


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "folder" / "file").write_bytes(b"content")
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "folder"


def test_a_file_is_read_up_to_its_limit(folder):
    assert read_source_file(folder / "file", 7, folder) == b"content"
    with pytest.raises(ModelError, match=r"file: has more than 6 bytes, which no text classifier for a Pi has"):
        read_source_file(folder / "file", 6, folder)


def test_a_sparse_file_that_is_too_long_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(source_file, "read_at_most", None)
    with (folder / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(
        ModelError, match=r"sparse: has more than 1073741824 bytes, which no text classifier for a Pi has"
    ):
        read_source_file(folder / "sparse", 1 << 30, folder)


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "..", "/"])
def test_a_link_out_of_the_folder_is_not_opened(folder, target, monkeypatch):
    opened = []
    monkeypatch.setattr(source_file, "open_regular_file", lambda path, _: opened.append(path))
    (folder / "link").symlink_to(target)
    with pytest.raises(ModelError, match=r"link: a link out of .*folder, so it is not read; next: .*\(cp -RL\)"):
        open_source_file(folder / "link", folder)
    assert opened == []


def test_a_folder_inside_may_be_no_link_out_either(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_bytes(b"secret")
    (folder / "linked").symlink_to(tmp_path / "other")
    with pytest.raises(ModelError, match="a link out of"):
        read_source_file(folder / "linked" / "file", 100, folder)


def test_a_folder_of_a_name_that_begins_alike_is_outside(folder, tmp_path):
    (tmp_path / "folder2").mkdir()
    (tmp_path / "folder2" / "file").write_bytes(b"secret")
    (folder / "link").symlink_to("../folder2/file")
    with pytest.raises(ModelError, match="a link out of"):
        read_source_file(folder / "link", 100, folder)


def test_links_inside_and_to_the_folder_itself_are_followed(folder, tmp_path):
    (folder / "inner" / "link").symlink_to("../file")
    (tmp_path / "name").symlink_to(folder)
    assert read_source_file(tmp_path / "name" / "inner" / "link", 100, tmp_path / "name") == b"content"


def test_without_a_folder_a_link_is_followed(folder):
    (folder / "link").symlink_to("../secret")
    assert read_source_file(folder / "link", 100) == b"secret"


def test_a_file_that_is_replaced_between_look_and_open_is_refused(folder, monkeypatch):
    (folder / "link").symlink_to("../secret")
    monkeypatch.setattr(source_file, "open_regular_file", lambda path, _: (folder.parent / "secret").open("rb"))
    with pytest.raises(ModelError, match="file: was replaced while it was read; try again"):
        open_source_file(folder / "file", folder)


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe")
    with pytest.raises(FormatError, match="pipe: not a regular file; give the model itself"):
        open_source_file(folder / "pipe", folder)


def test_a_copy_has_the_bytes_of_its_hash(folder, tmp_path):
    expected = (7, hashlib.sha256(b"content").hexdigest())
    assert copy_source_file(folder / "file", 7, folder, tmp_path / "copy") == expected
    assert (tmp_path / "copy").read_bytes() == b"content"
    with pytest.raises(ModelError, match="file: has more than 6 bytes"):
        copy_source_file(folder / "file", 6, folder, tmp_path / "another")


def test_the_hash_of_one_file_is_its_own():
    assert joined_digest(["a"]) == "a"
    assert joined_digest(["a", "b"]) == hashlib.sha256(b"a\nb").hexdigest()
