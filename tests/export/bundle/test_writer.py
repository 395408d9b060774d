"""A bundle is written completely or not at all, even when the export fails half-way."""

import errno
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import zipfile

import pytest

from drupelet.errors import InputError
from drupelet_export.bundle import writer as bundle_writer
from drupelet_export.bundle.destination import check_replaceable
from drupelet_export.bundle.writer import stage_bundle

MANIFEST = {"format": "drupelet-bundle", "models": [{"file": "model.f32.drupelet"}]}
OLD = {"manifest.json": json.dumps(MANIFEST).encode(), "model.f32.drupelet": b"old weights"}


@pytest.fixture
def old(tmp_path):
    """A bundle that is there already."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, content in OLD.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def old_zip(tmp_path):
    """A zipped bundle that is there already."""
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in OLD.items():
            archive.writestr(name, content)
    return path


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write_new(target):
    with stage_bundle(target) as staged:
        staged.write("manifest.json", b'{"format": "drupelet-bundle", "vocabulary": {"file": "vocabulary.bin"}}')
        staged.write("vocabulary.bin", b"words")
        staged.publish()


def test_write_gives_the_manifest_entry(tmp_path):
    with stage_bundle(tmp_path / "bundle") as staged:
        entry = staged.write("model.f32.drupelet", b"content")
    assert (entry.file, entry.size_bytes, entry.sha256) == (
        "model.f32.drupelet", 7, hashlib.sha256(b"content").hexdigest()
    )  # fmt: skip


def test_a_bundle_is_published_to_a_free_destination(tmp_path):
    write_new(tmp_path / "deep" / "inside" / "bundle")
    assert set(files(tmp_path / "deep" / "inside" / "bundle")) == {"manifest.json", "vocabulary.bin"}
    assert [path.name for path in (tmp_path / "deep" / "inside").iterdir()] == ["bundle"]
    assert (tmp_path / "deep" / "inside" / "bundle").stat().st_mode & 0o777 == 0o755


def test_a_bundle_replaces_an_older_one(old):
    write_new(old)
    assert set(files(old)) == {"manifest.json", "vocabulary.bin"}
    assert [path.name for path in old.parent.iterdir()] == ["bundle"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "bundle").mkdir()
    write_new(tmp_path / "bundle")
    assert set(files(tmp_path / "bundle")) == {"manifest.json", "vocabulary.bin"}


def test_without_publish_nothing_is_left(old):
    with stage_bundle(old) as staged:
        staged.write("vocabulary.bin", b"words")
    assert files(old) == OLD
    assert [path.name for path in old.parent.iterdir()] == ["bundle"]


def test_a_symbolic_link_to_a_bundle_leaves_nothing_behind(old, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(old)
    write_new(link)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "link"]
    assert set(files(link)) == {"manifest.json", "vocabulary.bin"}


def test_a_symbolic_link_to_a_zip_stays_one(old_zip, tmp_path):
    (tmp_path / "link.zip").symlink_to(old_zip)
    write_new(tmp_path / "link.zip")
    assert (tmp_path / "link.zip").is_symlink()
    with zipfile.ZipFile(old_zip) as archive:
        assert archive.namelist() == ["manifest.json", "vocabulary.bin"]


# After a failure, everything at the destination is as before, byte for byte.


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), KeyboardInterrupt(), MemoryError(), InputError("no such option")], ids=repr
)
def test_an_error_between_two_files_changes_nothing(old, error):
    with pytest.raises(type(error)), stage_bundle(old) as staged:  # noqa: PT012
        staged.write("vocabulary.bin", b"words")
        raise error
    assert files(old) == OLD
    assert [path.name for path in old.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize(("kind", "call"), [("folder", 1), ("folder", 2), ("zip", 1), ("zip", 2), ("zip", 3)])
def test_a_full_disk_changes_nothing_and_is_reported(old, old_zip, monkeypatch, kind, call):
    target = old if kind == "folder" else old_zip
    before = old_zip.read_bytes()
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == call:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bundle_writer.os, "fsync", full)
    message = (
        rf"cannot be written \(No space left on device\); nothing at {target} was changed; free some space or choose "
    )
    with pytest.raises(InputError, match=message):
        write_new(target)
    assert old_zip.read_bytes() == before
    assert files(old) == OLD
    assert sorted(path.name for path in old.parent.iterdir()) == ["bundle", "bundle.zip"]


def test_the_file_that_could_not_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(
        bundle_writer.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left"))
    )
    with pytest.raises(InputError, match=r"manifest.json: cannot be written"):
        write_new(tmp_path / "bundle")


def test_an_error_after_the_exchange_does_not_say_that_nothing_changed(old, monkeypatch):
    def fails(folder):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(bundle_writer, "_sync_folder", fails)
    said = ""
    try:
        write_new(old)
    except InputError as error:
        said = str(error)
    assert files(old) == OLD or "nothing at" not in said


def test_a_file_size_limit_changes_nothing(old):
    script = f"""
import resource
from pathlib import Path
from drupelet.errors import InputError
from drupelet_export.bundle.destination import check_replaceable
from drupelet_export.bundle.writer import stage_bundle
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with stage_bundle(Path({str(old)!r})) as staged:
        staged.write("model.f32.drupelet", bytes(100_000))
        staged.publish()
except InputError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert f"nothing at {old} was changed" in run.stdout
    assert "File too large" in run.stdout
    assert files(old) == OLD
    assert [path.name for path in old.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("moment", ["write", "exchange"])
def test_a_kill_leaves_the_old_bundle_whole(old, moment):
    script = f"""
import os, signal
from pathlib import Path
from drupelet_export.bundle import writer as bundle_writer
if {moment!r} == "exchange":
    bundle_writer.take_place = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with bundle_writer.stage_bundle(Path({str(old)!r})) as staged:
    staged.write("manifest.json", b"new")
    if {moment!r} == "write":
        os.kill(os.getpid(), signal.SIGKILL)
    staged.publish()
"""
    run = subprocess.run([sys.executable, "-c", script], check=False)
    assert run.returncode == -signal.SIGKILL
    assert files(old) == OLD


def test_a_kill_while_the_zip_is_packed_leaves_the_old_one_whole(old_zip):
    before = old_zip.read_bytes()
    script = f"""
import os, signal
from pathlib import Path
from drupelet_export.bundle import writer as bundle_writer
bundle_writer.os.fsync = lambda _: None
with bundle_writer.stage_bundle(Path({str(old_zip)!r})) as staged:
    staged.write("manifest.json", b"new")
    bundle_writer.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    staged.publish()
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    assert old_zip.read_bytes() == before


def test_a_disk_that_does_not_confirm_is_reported(tmp_path, monkeypatch):
    def fails(folder):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(bundle_writer, "_sync_folder", fails)
    message = r"bundle: the new bundle is in place, but the disk did not confirm it \(Input/output error\); check the"
    with pytest.raises(InputError, match=message):
        write_new(tmp_path / "bundle")
    assert set(files(tmp_path / "bundle")) == {"manifest.json", "vocabulary.bin"}


def test_a_file_system_that_syncs_files_only_is_no_failure(tmp_path, monkeypatch):
    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(bundle_writer.os, "fsync", fsync)
    write_new(tmp_path / "bundle")


def test_an_error_of_something_else_is_not_taken_for_a_full_disk(old):
    with pytest.raises(FileNotFoundError), stage_bundle(old):
        (old / "nothing").read_bytes()
    assert files(old) == OLD


# Work of others that comes while the export runs is not lost.


@pytest.mark.parametrize("kind", ["a file into the bundle", "a folder", "a file", "a link", "a zip that is no bundle"])
def test_what_comes_during_the_export_stays(old, old_zip, tmp_path, kind):
    target = {"a file into the bundle": old, "a zip that is no bundle": old_zip}.get(kind, tmp_path / "free")
    with stage_bundle(target) as staged:
        staged.write("manifest.json", b"new")
        if kind == "a file into the bundle":
            (old / "notes.txt").write_text("work")
        elif kind == "a folder":
            target.mkdir()
            (target / "notes.txt").write_text("work")
        elif kind == "a file":
            target.write_text("work")
        elif kind == "a link":
            target.symlink_to(old)
        else:
            with zipfile.ZipFile(target, "w") as archive:
                archive.writestr("notes.txt", "work")
        before = {
            path: path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file() and staged.folder not in path.parents
        }
        with pytest.raises(
            InputError, match=f"{target}: (exists and is not a b|holds files that are not|became a symb)"
        ):
            staged.publish()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_file_that_comes_at_the_last_moment_stays(old, monkeypatch):
    calls = []

    def check(destination, place):
        calls.append(place)
        check_replaceable(destination, place)
        if len(calls) == 1:
            (old / "notes.txt").write_text("work")

    monkeypatch.setattr(bundle_writer, "check_replaceable", check)
    with pytest.raises(
        InputError, match=r"holds files that are not part of the bundle, so it is not replaced: notes\.t"
    ):
        write_new(old)
    assert files(old) == OLD | {"notes.txt": b"work"}
    assert [path.name for path in old.parent.iterdir()] == ["bundle"]


def test_a_bundle_that_another_export_published_meanwhile_is_replaced(old, tmp_path):
    with stage_bundle(tmp_path / "free") as staged:
        staged.write("manifest.json", b"mine")
        write_new(tmp_path / "free")
        staged.publish()
    assert files(tmp_path / "free") == {"manifest.json": b"mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "free"]


# Destinations that are not replaced


def test_a_folder_of_other_files_is_not_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(InputError, match="photos: exists and is not a bundle, so it is not replaced"):
        write_new(tmp_path / "photos")
    assert files(tmp_path / "photos") == {"cat.jpg": b"cat"}


def test_a_file_beside_those_of_the_bundle_is_not_lost(old):
    (old / "notes.txt").write_bytes(b"work of weeks")
    with pytest.raises(
        InputError, match=r"holds files that are not part of the bundle, so it is not replaced: notes\.txt; move them"
    ):
        write_new(old)
    assert files(old) == OLD | {"notes.txt": b"work of weeks"}


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        InputError, match=r"bundle: cannot be written \((Not a directory|File exists)\); choose another --out"
    ):
        write_new(tmp_path / "file" / "bundle")


# Zip


def test_a_zip_is_written_in_one_piece_and_always_with_the_same_bytes(tmp_path, old_zip):
    write_new(old_zip)
    write_new(tmp_path / "other.zip")
    assert old_zip.read_bytes() == (tmp_path / "other.zip").read_bytes()
    with zipfile.ZipFile(old_zip) as archive:
        assert archive.namelist() == ["manifest.json", "vocabulary.bin"]
        assert archive.read("vocabulary.bin") == b"words"
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.zip", "other.zip"]
    assert not old_zip.stat().st_mode & 0o111
