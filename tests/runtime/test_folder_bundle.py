"""The files of a bundle, while somebody else changes them."""

import os
from pathlib import Path

import pytest

from drupelet import folder_bundle, regular_file
from drupelet.errors import FormatError
from drupelet.folder_bundle import FolderFiles


@pytest.fixture
def changed_before(monkeypatch):
    """A function that has a file changed at the last moment: when its name was checked, and before it is opened."""

    def change(function):
        real = folder_bundle.open_regular_file

        def opened(path, next_step):
            function(path)
            return real(path, next_step)

        monkeypatch.setattr(folder_bundle, "open_regular_file", opened)

    return change


def test_a_file_that_becomes_a_link_out_of_the_bundle(tmp_path, changed_before):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "words").write_bytes(b"mine")
    (tmp_path / "secret").write_bytes(b"secret")

    def point_outside(path):
        Path(path).unlink()
        Path(path).symlink_to("../secret")

    changed_before(point_outside)
    with pytest.raises(FormatError, match="words: points outside the bundle"):
        FolderFiles(str(folder)).read("words", 100)


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path, changed_before):
    (tmp_path / "words").write_bytes(b"mine")

    def make_pipe(path):
        Path(path).unlink()
        os.mkfifo(path)

    changed_before(make_pipe)
    with pytest.raises(FormatError, match="words: not a regular file; copy the bundle again"):
        FolderFiles(str(tmp_path)).read("words", 100)


def test_a_file_that_is_replaced_while_its_name_is_checked(tmp_path, monkeypatch):
    (tmp_path / "words").write_bytes(b"mine")
    real = os.fstat

    def replaced(descriptor):
        (tmp_path / "other").write_bytes(b"yours")
        (tmp_path / "other").replace(tmp_path / "words")
        return real(descriptor)

    monkeypatch.setattr(regular_file.os, "fstat", replaced)
    with pytest.raises(FormatError, match="points outside the bundle"):
        FolderFiles(str(tmp_path)).read("words", 100)
