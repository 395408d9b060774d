"""The wheel and the source distribution of drupelet-export hold the kernel's sources, which are a link in a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CSRC = ROOT / "runtime" / "csrc"
BUNDLE = ROOT / "tests" / "golden" / "bundle-v3"
KERNEL = "drupelet_export/executable/kernel/"
PROGRAM = """
import sys
from pathlib import Path
from drupelet.bundle import open_bundle
from drupelet_export.executable import sources
from drupelet_export.executable.build import emit_sources, prepare
emit_sources(prepare(open_bundle(sys.argv[1])), Path(sys.argv[2]))
print(sources.KERNEL)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(ROOT / "export")], check=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_kernel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name.removeprefix(KERNEL): archive.read(name) for name in archive.namelist() if name.startswith(KERNEL)}
    assert held == {path.name: path.read_bytes() for path in CSRC.iterdir() if path.name != "python_module.c"}


def test_an_installed_wheel_writes_the_same_sources(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")  # noqa: S202 (built just now)
    outputs = {}
    for name, site in (("checkout", ROOT / "export" / "src"), ("installed", tmp_path / "site")):
        variables = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT / 'runtime' / 'src'}"}
        command = [sys.executable, "-c", PROGRAM, str(BUNDLE), str(tmp_path / name)]
        printed = subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stdout
        assert printed.strip() == str(site / KERNEL.rstrip("/"))
        folder = tmp_path / name
        outputs[name] = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert outputs["installed"] == outputs["checkout"]
    assert len(outputs["installed"]) > 40


def test_the_source_distribution_holds_the_kernel(tmp_path: Path) -> None:
    pytest.importorskip("build", reason="the package build is not installed: pip install build")
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(ROOT / "export")],
        check=True,
        capture_output=True,
    )
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        members = {member.name.rpartition(KERNEL)[2]: member for member in archive if KERNEL in member.name}
    assert set(members) == {path.name for path in CSRC.iterdir() if path.name != "python_module.c"}
    assert all(member.isreg() and member.size > 0 for member in members.values())
