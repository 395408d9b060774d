"""What is distributed is what is in the repository, without what lies beside it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from drupelet_build.contents import matching, package_files, source_files

ROOT = Path(__file__).parents[3]
RUNTIME = ROOT / "runtime"
NOT_DISTRIBUTED = {"build_wheels.py", "extension_files.py"}


def tracked() -> set[str]:
    """The runtime's files in the repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git, or git is not installed")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=RUNTIME,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in listed.stdout.splitlines() if (RUNTIME / name).exists()}


def test_an_sdist_has_the_files_of_the_repository() -> None:
    assert set(source_files(RUNTIME)) == tracked() - NOT_DISTRIBUTED


def test_a_package_has_those_of_its_folder() -> None:
    expected = {name[len("src/") :] for name in tracked() if name.startswith("src/")}
    assert set(package_files(RUNTIME)) == expected


def test_what_a_build_or_an_editor_left_is_left_out(tmp_path: Path) -> None:
    sources = shutil.copytree(RUNTIME, tmp_path / "runtime")
    before = source_files(sources)
    for name in ("csrc/avx2.o", "src/drupelet/_native.abi3.so", "src/drupelet/__pycache__/x.pyc", "build/lib/x.py"):
        path = sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert source_files(sources) == before


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match=r"link\.py: a link, expected a file; take it out of the sources"):
        matching(tmp_path, ["*.py"])


def test_a_part_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file csrc/\*\.c; take the sources as a whole"):
        matching(tmp_path, ["csrc/*.c"])
