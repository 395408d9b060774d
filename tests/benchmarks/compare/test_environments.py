"""Each environment is of a group that exists; what is installed already is left; what cannot be installed is a reason."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from benchmarks.compare import environments
from benchmarks.compare.environments import ENVIRONMENTS, Environment, install, installed_bytes
from benchmarks.compare.failure import PeerError

ROOT = Path(__file__).parents[3]


def test_every_group_and_every_file_of_hashes_exists() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    for environment in ENVIRONMENTS.values():
        assert environment.runtime or environment.group
        assert environment.group is None or environment.group in groups
        hashes = (ROOT / environment.hashes).read_text(encoding="utf-8")
        for name in groups[environment.group] if environment.group else ():
            assert f"\n{name}==" in hashes, f"{environment.hashes} has no {name}"


def write(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def test_the_tools_of_a_new_environment_and_byte_code_do_not_count(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, size in {
        "numpy/core.so": 100,
        "numpy/__pycache__/core.pyc": 1000,
        "numpy-1.0.dist-info/METADATA": 20,
        "single.py": 3,
        "pip/main.py": 1000,
        "pip-1.0.dist-info/METADATA": 1000,
        "setuptools/x.py": 1000,
        "distutils-precedence.pth": 1000,
    }.items():
        write(packages / name, size)
    assert installed_bytes(tmp_path) == 123


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that are run, in place of running them. pip lists a package and itself."""
    ran: list[list[str]] = []

    def run(command: list[str | Path], limit_s: float) -> str:
        ran.append([str(part) for part in command])
        return '[{"name": "numpy", "version": "1.0"}, {"name": "pip", "version": "2.0"}]'

    monkeypatch.setattr(environments, "_run", run)
    monkeypatch.setattr(
        environments.venv, "create", lambda place, **_: (place / "lib/python3.11/site-packages").mkdir(parents=True)
    )
    return ran


def test_a_group_is_installed_once_and_the_runtime_each_time(tmp_path: Path, commands: list[list[str]]) -> None:
    both = Environment("both", "compare-numpy", runtime=True)
    for _ in range(2):
        found = install(both, tmp_path, tmp_path / "a.whl", 1)
        assert (found.size_bytes, found.packages) == (0, {"numpy": "1.0"})
    groups = [command for command in commands if "tools/install.py" in command]
    wheels = [command for command in commands if command[-1].endswith("a.whl")]
    assert len(groups) == 1
    assert groups[0][1:] == ["tools/install.py", "--group", "compare-numpy", "--hashes", "constraints-hashes.txt"]
    assert len(wheels) == 2


def test_what_pip_says_last_is_the_reason(
    tmp_path: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str | Path], limit_s: float) -> str:
        raise subprocess.CalledProcessError(1, "pip", stderr="WARNING: x\nERROR: no matching distribution\n")

    monkeypatch.setattr(environments, "_run", run)
    with pytest.raises(PeerError, match=r"^not installed: ERROR: no matching distribution \(exit status 1\)$"):
        install(Environment("one", "compare-numpy"), tmp_path, None, 1)
    assert not (tmp_path / "env-one" / ".installed").exists()
