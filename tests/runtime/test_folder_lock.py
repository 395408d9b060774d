import errno
import subprocess
import sys

import pytest

from drupelet import folder_lock
from drupelet.folder_lock import locked, locked_after_others


def test_one_at_a_time(tmp_path):
    with locked(tmp_path) as first, locked(tmp_path) as second:
        assert (first, second) == (True, False)
    with locked(tmp_path) as again:
        assert again


def test_a_file_system_without_locks_is_no_failure(tmp_path, monkeypatch):
    def flock(descriptor, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(folder_lock.fcntl, "flock", flock)
    with locked(tmp_path) as held:
        assert held


def test_other_failures_are_told(tmp_path, monkeypatch):
    def flock(descriptor, how):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(folder_lock.fcntl, "flock", flock)
    with pytest.raises(OSError, match="Input/output error"), locked(tmp_path):
        pass


def test_it_waits_for_the_others(tmp_path):
    program = f"""
import sys
from pathlib import Path
from drupelet.folder_lock import locked
with locked(Path({str(tmp_path)!r})):
    print(flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        waited = []

        def waiting():
            waited.append(True)
            other.stdin.close()

        with locked_after_others(tmp_path, waiting):
            assert waited
            with locked(tmp_path) as second:
                assert not second


def test_the_waiting_can_be_ended(tmp_path):
    def waiting():
        raise KeyboardInterrupt

    with locked(tmp_path), pytest.raises(KeyboardInterrupt), locked_after_others(tmp_path, waiting):
        pass
