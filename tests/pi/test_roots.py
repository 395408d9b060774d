from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pi.roots import CACHE_VARIABLE, RECIPE_FILE, ROOTS, cache_folder, ready_root

ROOT = ROOTS["arm64-bookworm"]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of fake programs: unshare only runs the rest, debootstrap makes a folder and records its arguments."""
    folder = tmp_path / "bin"
    folder.mkdir()
    write(folder / "unshare", 'while [ "$1" != debootstrap ]; do shift; done; exec "$@"')
    write(
        folder / "debootstrap",
        f'for last; do :; done; mkdir -p "$last/var/cache/apt"; echo "$@" > {tmp_path}/arguments',
    )
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def write(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_root_is_built_once(tools: Path, tmp_path: Path) -> None:
    said: list[str] = []
    folder = ready_root(ROOT, tmp_path / "cache", said.append)
    assert folder == tmp_path / "cache" / "arm64-bookworm"
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[:2] == ["--arch=arm64", "--variant=minbase"]
    assert arguments[-2:] == ["bookworm", f"{folder}.partial"]
    assert "python3-venv" in arguments[2]
    (folder / "kept").touch()
    assert ready_root(ROOT, tmp_path / "cache", said.append) == folder
    assert (folder / "kept").exists()
    assert said == ["arm64-bookworm: building, which takes some minutes"]


def test_a_root_of_another_recipe_is_built_again(tools: Path, tmp_path: Path) -> None:
    folder = ready_root(ROOT, tmp_path, lambda _: None)
    (folder / "stale").touch()
    (folder / RECIPE_FILE).write_text("{}")
    ready_root(ROOT, tmp_path, lambda _: None)
    assert not (folder / "stale").exists()


def test_the_leftovers_of_a_killed_run_are_not_taken_for_a_root(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "arm64-bookworm.partial").mkdir()
    (tmp_path / "arm64-bookworm.partial" / "half").touch()
    (tmp_path / "arm64-bookworm").mkdir()
    folder = ready_root(ROOT, tmp_path, lambda _: None)
    assert not (folder / "half").exists()


def test_a_failure_has_the_end_of_the_output(tools: Path, tmp_path: Path) -> None:
    write(tools / "debootstrap", "echo 'E: no mirror'; exit 3")
    with pytest.raises(subprocess.CalledProcessError) as failure:
        ready_root(ROOT, tmp_path / "cache", lambda _: None)
    assert failure.value.output == "E: no mirror"
    assert not (tmp_path / "cache" / "arm64-bookworm").exists()


def test_roots_are_kept_outside_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/somebody/cache")
    assert cache_folder() == Path("/home/somebody/cache/drupelet/pi")
    monkeypatch.setenv(CACHE_VARIABLE, "/elsewhere")
    assert cache_folder() == Path("/elsewhere")
