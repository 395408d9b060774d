import errno
import os
import time

import pytest

from drupelet.errors import InputError
from drupelet_train.atomic import TEMPORARY_PREFIX, drop_unfinished, replace_text, replacing


def test_the_new_content_replaces_the_old(tmp_path):
    path = tmp_path / "new" / "file.txt"
    replace_text(path, "one\n")
    replace_text(path, "zwölf\n")
    assert path.read_bytes() == "zwölf\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_the_temporary_file_keeps_folder_and_suffix(tmp_path):
    with replacing(tmp_path / "a.png") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        assert temporary.name.startswith(TEMPORARY_PREFIX)
        temporary.write_bytes(b"x")


def test_two_writers_of_a_file_do_not_meet(tmp_path):
    with replacing(tmp_path / "a.txt") as one, replacing(tmp_path / "a.txt") as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert (tmp_path / "a.txt").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def write_half_and_fail(path, error):
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise error


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="half way"):
        write_half_and_fail(path, RuntimeError("half way"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_a_named_error_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    message = r"file\.txt: cannot be written: No space left on device; .* untouched: make room"
    with pytest.raises(InputError, match=message):
        write_half_and_fail(path, OSError(errno.ENOSPC, "No space left on device"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_is_a_named_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"text\.txt: cannot be written: (Not a directory|File exists)"):
        replace_text(tmp_path / "file" / "text.txt", "text")


def test_what_was_not_written_for_a_while_is_deleted(tmp_path):
    for name, age in ((".unfinished-1-a", 100), (".unfinished-2-b", 10), ("c", 100)):
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    drop_unfinished(tmp_path, 50)
    assert {path.name for path in tmp_path.iterdir()} == {".unfinished-2-b", "c"}
    drop_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
