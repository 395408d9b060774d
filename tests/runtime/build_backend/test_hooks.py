"""pip builds and installs the runtime with nothing from an index: from its sdist, from a folder, and editable."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import drupelet_build
from drupelet import __version__
from drupelet_build.kernel import Target

RUNTIME = Path(__file__).parents[3] / "runtime"
KERNEL = "drupelet/_native.abi3.so"
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
OFFLINE = ("--no-index", "--no-deps")


def run(*command: str | Path, status: int = 0, **variables: str) -> str:
    """What a command prints, on both streams."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CC", "PYTHONPATH")}
    done = subprocess.run(command, capture_output=True, text=True, env={**environment, **variables}, cwd="/")
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return shutil.copytree(RUNTIME, tmp_path / "runtime", ignore=shutil.ignore_patterns("*.so", "__pycache__"))


@pytest.fixture
def compiler() -> None:
    if shutil.which("cc") is None:
        pytest.skip("cc is not installed: apt install gcc")


def in_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])


def test_an_sdist_has_the_metadata_of_its_wheel(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_folder(monkeypatch, sources)
    sdist = tmp_path / drupelet_build.build_sdist(str(tmp_path))
    prepared = tmp_path / drupelet_build.prepare_metadata_for_build_wheel(str(tmp_path))
    with tarfile.open(sdist) as archive:
        info = archive.extractfile(f"drupelet-{__version__}/PKG-INFO")
        assert info is not None
        assert info.read() == (prepared / "METADATA").read_bytes()
    assert sorted(path.relative_to(prepared).as_posix() for path in prepared.rglob("*") if path.is_file()) == [
        "METADATA",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "licenses/LICENSE-Unicode-3.0",
        "sboms/drupelet.cdx.json",
        "top_level.txt",
    ]


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(ValueError, match="no setting 'plat' of the build, expected platform"):
        drupelet_build.target_of({"plat": "linux_x86_64"})
    assert drupelet_build.target_of({"platform": "linux_x86_64"}) == Target("linux_x86_64")
    assert drupelet_build.target_of(None) == Target.of_this_machine()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_pip_builds_the_sdist_with_nothing_from_an_index(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an environment of its own, as pip does by itself: what is installed here is not there."""
    in_folder(monkeypatch, sources)
    sdist = tmp_path / drupelet_build.build_sdist(str(tmp_path))
    run(sys.executable, *PIP, "wheel", *OFFLINE, "--no-cache-dir", "--wheel-dir", tmp_path / "out", sdist)
    (wheel,) = (tmp_path / "out").iterdir()
    assert re.fullmatch(rf"drupelet-{re.escape(__version__)}-cp39-abi3-\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        assert KERNEL in archive.namelist()


@pytest.mark.parametrize("command", ["false", "no-such-compiler"])
def test_without_a_compiler_there_is_a_wheel_and_a_reason(sources: Path, tmp_path: Path, command: str) -> None:
    out = tmp_path / "out"
    said = run(sys.executable, *PIP, "wheel", "-v", *OFFLINE, "--wheel-dir", out, sources, CC=command)
    assert "drupelet: built without the C kernel, so without the engine native: " in said
    (wheel,) = out.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert KERNEL not in names
    assert {"drupelet/__init__.py", "drupelet/py.typed", "drupelet/serve/page_files/page.html"} <= set(names)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_an_editable_install_runs_the_sources_and_goes_again(sources: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, *PIP, "install", *OFFLINE, "--editable", sources)
    where = "import drupelet, drupelet._native as n; print(drupelet.__file__); print(n.__file__)"
    package = sources.resolve() / "src" / "drupelet"
    assert run(python, "-c", where).split() == [str(package / "__init__.py"), str(package / "_native.abi3.so")]
    assert __version__ in run(python.with_name("drupelet"), "doctor", status=0)
    said = run(python, *PIP, "install", "-v", *OFFLINE, "--force-reinstall", "--editable", sources, CC="false")
    assert "built without the C kernel" in said
    assert not (package / "_native.abi3.so").exists()  # it may be of other sources
    run(python, *PIP, "uninstall", "--yes", "drupelet")
    assert "No module named 'drupelet'" in run(python, "-c", "import drupelet", status=1)
