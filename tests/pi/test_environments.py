from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pi.environments import ENVIRONMENTS, INSTALLABLE, InstallationError, install
from pi.fakes import FakePlace
from pi.roots import ROOTS


@pytest.fixture
def machine(place: FakePlace) -> FakePlace:
    """A fake place where venv makes its usual folders, and pip installs a file of 1,000 bytes."""
    (place.outer_inbox / "index").mkdir()
    (place.outer_inbox / "index" / "numpy-2.0.whl").touch()

    def make(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        (Path(command[-1]) / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
        return done()

    def fill(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        packages = Path(command[4]).parents[1] / "lib" / "python3.11" / "site-packages"
        (packages / "module.py").write_bytes(bytes(1000))
        (packages / "module.pyc").write_bytes(bytes(500))
        return done()

    place.answers = {" -m venv ": make, " install ": fill}
    return place


def done(status: int = 0, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], status, "", said)


def test_every_root_and_the_workstation_have_environments() -> None:
    assert set(INSTALLABLE) == {"x86_64", *ROOTS}
    assert {name for names in INSTALLABLE.values() for name in names} == set(ENVIRONMENTS)


@pytest.mark.parametrize("root", list(ROOTS))
def test_every_engine_of_a_root_also_runs_on_the_workstation(root: str) -> None:
    here = {engine for name in INSTALLABLE["x86_64"] for engine in ENVIRONMENTS[name].engines}
    assert {engine for name in INSTALLABLE[root] for engine in ENVIRONMENTS[name].engines} <= here


def test_an_environment_is_installed_once_and_later_only_the_runtime(machine: FakePlace, tmp_path: Path) -> None:
    folder = str(tmp_path / "opt")
    installed = install("tflite-runtime, apt's numpy", machine, folder, "python3")
    home = f"{folder}/tflite-runtime-apt-numpy"
    assert (installed.binaries, installed.installed_bytes) == (f"{home}/bin", 1000)
    purge, venv, pip = machine.commands
    assert purge == ["dpkg", "--purge", "drupelet"]  # pip would take what apt installed for what it is to install
    assert venv == ["python3", "-m", "venv", "--without-pip", "--clear", "--system-site-packages", home]
    assert pip[:6] == ["python3", "-m", "pip", "--python", f"{home}/bin/python", "install"]
    assert "--no-index" in pip
    assert pip[-2:] == ["drupelet[numpy]", "tflite-runtime"]
    machine.commands.clear()
    install("tflite-runtime, apt's numpy", machine, folder, "python3")
    _, again = machine.commands
    assert again[-3:] == ["--force-reinstall", "--no-deps", "drupelet[numpy]"]


@pytest.mark.parametrize("name", ["wheel", "sdist"])
def test_the_runtime_alone_is_installed_from_what_a_user_copies(machine: FakePlace, tmp_path: Path, name: str) -> None:
    """The documentation's line, which finds our files alone: no index, and no tool that would build the sdist."""
    install(name, machine, str(tmp_path / "opt"), "python3")
    pip = machine.commands[1]
    offered = [pip[at + 1] for at, word in enumerate(pip) if word == "--find-links"]
    assert offered == [f"{machine.inbox}/drupelet"]
    assert "--no-index" in pip
    assert {"--no-build-isolation", "--no-binary=drupelet", "--only-binary=:all:"}.isdisjoint(pip)


def test_the_debian_package_of_the_architecture_is_installed_by_apt(place: FakePlace) -> None:
    (place.outer_inbox / "deb").mkdir()
    for architecture in ("arm64", "armhf"):
        (place.outer_inbox / "deb" / f"drupelet_9_{architecture}.deb").touch()
    place.answers = {"--print-architecture": subprocess.CompletedProcess([], 0, "armhf\n", "")}
    installed = install("deb", place, "/opt/drupelet", "python3")
    assert installed.binaries == "/usr/bin"
    apt = next(command for command in place.commands if command[0] == "apt-get")
    assert apt == ["apt-get", "install", "--yes", "--reinstall", f"{place.inbox}/deb/drupelet_9_armhf.deb"]
    assert place.commands[-1] == ["cp", "-r", f"{place.inbox}/imdb", "/usr/share/drupelet"]


def test_an_extra_is_installed_from_an_index_too(machine: FakePlace, tmp_path: Path) -> None:
    install("numpy", machine, str(tmp_path / "opt"), "python3")
    pip = machine.commands[1]
    offered = [pip[at + 1] for at, word in enumerate(pip) if word == "--find-links"]
    assert offered == [f"{machine.inbox}/drupelet", f"{machine.inbox}/index"]


def test_other_wheels_make_another_environment(machine: FakePlace, tmp_path: Path) -> None:
    install("wheel", machine, str(tmp_path / "opt"), "python3")
    (machine.outer_inbox / "index" / "numpy-2.1.whl").touch()
    machine.answers[" -m venv "] = lambda command: done()  # its folders are there
    machine.commands.clear()
    install("wheel", machine, str(tmp_path / "opt"), "python3")
    assert [command[2] for command in machine.commands] == ["venv", "pip"]


@pytest.mark.parametrize("command", [" -m venv ", " install "])
def test_a_command_that_fails_is_an_error_and_leaves_no_marker(
    machine: FakePlace, tmp_path: Path, command: str
) -> None:
    healthy: Any = machine.answers[command]
    machine.answers[command] = done(1, "no space left")
    with pytest.raises(InstallationError, match="exit status 1: no space left"):
        install("wheel", machine, str(tmp_path / "opt"), "python3")
    machine.answers[command] = healthy
    machine.commands.clear()
    if command == " install ":
        machine.answers[" -m venv "] = lambda command: done()  # its folders are there
    install("wheel", machine, str(tmp_path / "opt"), "python3")
    assert len(machine.commands) == 2
