"""The units of examples/systemd: systemd accepts them, they have few privileges, and their command serves a connection."""

from __future__ import annotations

import configparser
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "examples" / "systemd"
BUNDLE = ROOT / "artifacts" / "imdb"
LARGEST_EXPOSURE = 10
"""Maximum of systemd's exposure level, in tenths, from 0 to 100. systemd calls a level below 2.0 safe."""
DRUPELET = Path(sys.executable).with_name("drupelet")
REPLACED = {"/opt/drupelet/venv/bin/drupelet": str(DRUPELET), "/opt/drupelet/bundle": str(BUNDLE)}


def command(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed: apt install systemd")
    return found


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units with paths on this machine in place of paths on a device."""
    paths = []
    for unit in sorted(UNITS.iterdir()):
        text = unit.read_text()
        for device, here in REPLACED.items():
            text = text.replace(device, here)
        (tmp_path / unit.name).write_text(text)
        paths.append(tmp_path / unit.name)
    return paths


def test_systemd_accepts_the_units(units: list[Path]) -> None:
    names = ["drupelet-http.service", "drupelet.slice", "drupelet.socket", "drupelet@.service"]
    assert [unit.name for unit in units] == names
    done = subprocess.run([command("systemd-analyze"), "verify", "--man=no", *units], capture_output=True, text=True)
    about_them = [line for line in done.stderr.splitlines() if "drupelet" in line]
    assert (done.returncode, about_them) == (0, [])


def test_systemd_rejects_a_unit_with_a_mistake(units: list[Path]) -> None:
    """The test above could otherwise pass because nothing is checked."""
    units[-1].write_text(units[-1].read_text().replace("StandardInput=socket", "StandardInput=sokcet"))
    done = subprocess.run([command("systemd-analyze"), "verify", "--man=no", *units], capture_output=True, text=True)
    assert "sokcet" in done.stderr


@pytest.mark.parametrize("name", ["drupelet@.service", "drupelet-http.service"])
def test_a_service_has_few_privileges(units: list[Path], name: str) -> None:
    analyze = [command("systemd-analyze"), "security", "--offline=true", "--no-pager"]
    (unit,) = [unit for unit in units if unit.name == name]
    done = subprocess.run([*analyze, f"--threshold={LARGEST_EXPOSURE}", unit], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def connection(tmp_path: Path, units: list[Path]) -> Iterator[socket.socket]:
    """A connection to the service's command, started as by drupelet.socket, with the socket as stdin and stdout."""
    service = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    service.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    service.read(units[-1])
    assert service["Service"]["StandardInput"] == service["Service"]["StandardOutput"] == "socket"
    path = tmp_path / "drupelet.sock"
    activate = [command("systemd-socket-activate"), "--accept", "--inetd", f"--listen={path}"]
    with subprocess.Popen([*activate, *service["Service"]["ExecStart"].split()], stderr=subprocess.PIPE) as listener:
        try:
            client = connected(path, listener)
            with client:
                yield client
        finally:
            listener.terminate()


def connected(path: Path, listener: subprocess.Popen[bytes]) -> socket.socket:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and listener.poll() is None:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            client.close()
            time.sleep(0.05)
            continue
        return client
    raise AssertionError(f"nothing listens at {path}; exit status {listener.poll()}")


def test_a_connection_gets_a_label_for_each_line_as_it_comes(connection: socket.socket) -> None:
    lines = connection.makefile("r", encoding="utf-8")
    connection.sendall(b"a quiet, wonderful film\n")
    assert lines.readline().startswith("positive\t0.")
    connection.sendall(b"a dull, lifeless film\n")
    assert lines.readline().startswith("negative\t0.")
    connection.shutdown(socket.SHUT_WR)
    assert lines.read() == ""


def test_bytes_that_are_not_utf8_end_the_connection_after_the_earlier_answers(connection: socket.socket) -> None:
    connection.sendall(b"a quiet, wonderful film\n\xff\xfe\nnever read\n")
    lines = connection.makefile("r", encoding="utf-8")
    assert lines.readline().startswith("positive\t0.")
    assert lines.read() == ""
