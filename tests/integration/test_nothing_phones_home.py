"""No command connects to another machine, writes beside its output and the temporary folder, or leaves a file in the latter.

An audit hook of Python sees what Python does. strace also sees what libraries do in machine code.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from drupelet.engines import ENGINES
from runtime.networks import GOLDEN_BUNDLE

STRACE = shutil.which("strace")
WRITES = re.compile(
    r'(?:openat\((?:AT_FDCWD|\d+), |open\(|creat\(|mkdir\()"([^"]*)", [^)]*(?:O_WRONLY|O_RDWR|O_CREAT|0[0-7]{3})'
)
PEER = re.compile(r"AF_INET6?, .*?(?:inet_addr|inet_pton)\((?:AF_INET6?, )?\"([^\"]*)\"")
LOOPBACK = ("127.", "::1")
KEPT_BY_LIBRARIES = (".keras", ".cache/matplotlib", ".config/matplotlib")
"""What Keras and matplotlib, which Keras imports where it is installed, make for themselves in the home folder."""
DEVICES = ("/dev/", "/proc/")
"""What a process writes to there stays in no file: /dev/null, a terminal, the name of one of its own threads."""

SERVER_SECONDS = 10
"""How long a server runs."""

HOOK = """
import os, sys

def note(event, given):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        line = f"{event} {given!r}"
    elif event == "open" and isinstance(given[0], (str, bytes)) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        line = f"write {os.fsdecode(given[0])}"
    else:
        return
    os.write(notes, (line + "\\n").encode())

notes = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
sys.addaudithook(note)
"""
"""Writes down each connection and each file that is opened for writing; as ``sitecustomize`` it runs in child processes too."""


class Watched:
    """A folder for output, an empty home folder, an empty one for temporary files, and the notes on what a command did."""

    def __init__(self, folder: Path) -> None:
        self.out, self.home, self.temporary, self._hook = (folder / name for name in ("out", "home", "tmp", "hook"))
        self._notes, self._calls = folder / "notes", folder / "calls"
        for made in (self.out, self.home, self.temporary, self._hook):
            made.mkdir()
        (self._hook / "sitecustomize.py").write_text(HOOK)

    def run(self, *arguments: object, through: Sequence[str] = ()) -> None:
        """Runs the command as a user would who has set nothing; raises AssertionError unless it ends with status 0.

        ``through`` is a command that runs it.
        """
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("CI", "ORT_DISABLE_TELEMETRY") and not name.startswith(("XDG_", "MPL", "KERAS_"))
        }
        places = [str(self._hook), *filter(None, [environment.get("PYTHONPATH")])]
        environment |= {"PYTHONPATH": os.pathsep.join(places), "NOTES": str(self._notes), "HOME": str(self.home)}
        environment |= {"TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1"}
        calls = "trace=connect,sendto,sendmsg,sendmmsg,openat,open,creat,mkdir"
        watch = [STRACE, "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", calls, "-o", self._calls] if STRACE else []
        command = [*watch, *through, sys.executable, "-m", "drupelet", *arguments]
        done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def left(self) -> list[Path]:
        """What lies in the home folder and in the folder for temporary files when the command has ended."""
        return [*self.home.iterdir(), *self.temporary.iterdir()]

    def written(self) -> list[str]:
        """The files and folders that were opened for writing anywhere but in the folders for output and temporary files."""
        notes = [line.partition(" ")[2] for line in self._notes.read_text().splitlines() if line.startswith("write ")]
        calls = [name for line in self._lines_of_calls() if " = -1 " not in line for name in WRITES.findall(line)]
        allowed = (str(self.out), str(self.temporary), str(self._notes), *DEVICES)
        return [name for name in [*notes, *calls] if not name.startswith(allowed)]

    def peers(self) -> list[str]:
        """The machines that were connected to or looked up, this one aside."""
        notes = [line for line in self._notes.read_text().splitlines() if line.startswith("socket.")]
        calls = [peer for line in self._lines_of_calls() for peer in PEER.findall(line)]
        return [peer for peer in calls if not peer.startswith(LOOPBACK)] + notes

    def _lines_of_calls(self) -> list[str]:
        return self._calls.read_text(errors="replace").splitlines() if STRACE else []


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.fixture
def with_strace() -> None:
    if STRACE is None:
        pytest.skip(
            "strace is not installed, so nothing sees what onnxruntime does in machine code; apt install strace"
        )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("with_strace")
def test_a_device_connects_to_nobody_and_writes_nothing(watched: Watched, engine: str) -> None:
    reason = ENGINES[engine].check()
    if reason is not None:
        pytest.skip(f"{engine}: {reason}")
    watched.run("predict", GOLDEN_BUNDLE, "a text", "--engine", engine)
    assert (watched.peers(), watched.written(), watched.left()) == ([], [], [])


@pytest.mark.parametrize("command", [["verify"], ["doctor"], ["bench", "--engine", "onnx"]], ids=lambda given: given[0])
def test_the_processes_that_a_command_starts_connect_to_nobody_and_write_nothing(
    watched: Watched, command: list[str]
) -> None:
    watched.run(*command, GOLDEN_BUNDLE)
    assert (watched.peers(), watched.written(), watched.left()) == ([], [], [])


def ask_until_answered(port: int, statuses: list[int]) -> None:
    """Asks a server on that port for its page, and for the labels of a megabyte of texts, as soon as it is there."""
    body = json.dumps({"input": ["a film " * 140] * 1000})
    deadline = time.monotonic() + SERVER_SECONDS
    while statuses != [200, 200] and time.monotonic() < deadline:
        statuses.clear()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SERVER_SECONDS)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            for method, path, content in (("GET", "/", None), ("POST", "/v1/classify", body)):
                connection.request(method, path, content, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("timeout") is None, reason="timeout is not installed: apt install coreutils")
def test_a_server_connects_to_nobody_and_writes_nothing(watched: Watched) -> None:
    pytest.importorskip("waitress")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    statuses: list[int] = []
    client = threading.Thread(target=ask_until_answered, args=(port, statuses))
    client.start()
    # In the foreground: else timeout signals its process group as well, so the server twice.
    stop = ("timeout", "--foreground", "--preserve-status", "--signal=TERM", str(SERVER_SECONDS))
    watched.run("serve", GOLDEN_BUNDLE, "--port", port, through=stop)
    client.join()
    own = re.compile(
        r"socket\.getaddrinfo \(b?'?(127\.0\.0\.1|0\.0\.0\.0|None)'?, "
    )  # its address, and waitress's default
    peers = [peer for peer in watched.peers() if not own.match(peer)]
    assert (statuses, peers, watched.written(), watched.left()) == ([200, 200], [], [], [])


@pytest.mark.long
def test_an_export_and_its_parity_connect_to_nobody_and_write_only_what_keras_and_matplotlib_keep(
    watched: Watched, keras: Any
) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [layers.Embedding(4, 3, mask_zero=True), layers.LSTM(2), layers.Dense(1, activation="sigmoid")]
    )
    model.build((None, None))
    model.save(watched.out / "model.keras")
    (watched.out / "words.txt").write_text("[UNK]\ngood\nbad\n")
    options = ("--vocab", watched.out / "words.txt", "--tokenizer", "textvectorization", "--labels", "a,b")
    watched.run("export", watched.out / "model.keras", *options, "--formats", "onnx", "--out", watched.out / "bundle")
    watched.run("parity", watched.out / "bundle", "--model", watched.out / "model.keras", *options)
    assert (watched.peers(), list(watched.temporary.iterdir())) == ([], [])
    kept = [watched.home / name for name in KEPT_BY_LIBRARIES]
    assert [name for name in watched.written() if not any(_is_of(Path(name), path) for path in kept)] == []


def _is_of(written: Path, kept: Path) -> bool:
    """True for a file or folder in ``kept``, and for the folders above it, which are made on the way."""
    return written.is_relative_to(kept) or kept.is_relative_to(written)
