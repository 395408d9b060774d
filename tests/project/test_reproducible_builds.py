"""make dist gives the same bytes twice; tests/runtime/test_build_wheels.py says so of the runtime."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(name: str, out: Path, umask: int) -> dict[str, str]:
    """Builds sdist and wheel of a distribution; name of file -> sha256."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT / name)]
    subprocess.run(command, check=True, capture_output=True, umask=umask)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["export", "train"])
def test_a_distribution_has_the_same_bytes_whoever_builds_it(tmp_path: Path, name: str) -> None:
    for package in ("build", "hatchling"):
        pytest.importorskip(package, reason="pip install --group wheels")
    first = build(name, tmp_path / "first", 0o022)
    assert sorted(Path(file).suffix for file in first) == [".gz", ".whl"]
    assert build(name, tmp_path / "second", 0o077) == first
