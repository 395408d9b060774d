"""A bundle is written into a folder beside its destination. The next export removes the folders of killed exports."""

import signal
import subprocess
import sys

import pytest

from drupelet_export.bundle.partial_folder import partial_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from drupelet_export.bundle.partial_folder import partial_folder
with partial_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("written")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def partials(parent):
    return [path.name for path in parent.iterdir() if path.name.endswith(".partial")]


def test_the_folder_beside_the_destination_is_deleted_at_the_end(tmp_path):
    with partial_folder(tmp_path / "deep" / "bundle") as folder:
        (folder / "file").write_text("content")
        assert folder.parent == tmp_path / "deep"
        assert folder.stat().st_mode & 0o777 == 0o755
    assert list((tmp_path / "deep").iterdir()) == []


def test_the_next_export_removes_what_a_killed_one_left(tmp_path):
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "bundle")], check=False)
        assert run.returncode == -signal.SIGKILL
        assert len(partials(tmp_path)) == 1  # the second one removed that of the first
    with partial_folder(tmp_path / "bundle") as folder:
        assert partials(tmp_path) == [folder.name]


def test_the_folder_of_a_running_export_stays(tmp_path):
    with partial_folder(tmp_path / "bundle") as first:
        (first / "file").write_text("content")
        with partial_folder(tmp_path / "bundle") as second:
            assert first != second
            assert (first / "file").read_text() == "content"
        assert (first / "file").exists()


@pytest.mark.parametrize(
    "name", [".bundle.notes.partial", ".bundle.ABCDEFGH.partial", ".other.abcdefgh.partial", "bundle.abcdefgh.partial"]
)
def test_other_folders_stay(tmp_path, name):
    (tmp_path / name).mkdir()
    with partial_folder(tmp_path / "bundle"):
        pass
    assert (tmp_path / name).is_dir()


def test_a_file_and_a_link_with_the_name_of_a_leftover_stay(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / ".bundle.abcdefgh.partial").symlink_to("photos")
    (tmp_path / ".bundle.ijklmnop.partial").write_text("notes")
    with partial_folder(tmp_path / "bundle"):
        pass
    assert len(partials(tmp_path)) == 2
    assert (tmp_path / "photos").is_dir()


def test_an_error_inside_is_passed_on(tmp_path):
    with pytest.raises(ValueError, match="a bug"), partial_folder(tmp_path / "bundle"):
        raise ValueError("a bug")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "number",
    [
        each for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) != signal.SIG_IGN
    ],  # nohup has all below it ignore SIGHUP
    ids=lambda number: number.name,
)
def test_a_signal_leaves_no_folder(tmp_path, number):
    code = (
        "import pathlib, signal, sys, time\n"
        "from drupelet.cli.process import run_process\n"
        "from drupelet_export.bundle.partial_folder import partial_folder\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # as from a terminal
        "def work():\n"
        "    with partial_folder(pathlib.Path(sys.argv[1])):\n"
        "        print('begun', flush=True)\n"
        "        time.sleep(60)\n"
        "run_process(work)"
    )
    command = [sys.executable, "-c", code, tmp_path / "bundle"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"begun\n"
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(number)
        assert process.wait(30) == -number
    assert not list(tmp_path.iterdir())
