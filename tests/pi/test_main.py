from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_folders_without_wheels_or_packages_are_usage_errors(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pi", "--wheels", str(tmp_path), "--packages", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS)
    assert done.returncode == 2
    assert f"{tmp_path}: no wheel of drupelet in it; make wheels writes them to build/wheels" in done.stderr
    (tmp_path / "drupelet-1-py3-none-any.whl").touch()
    done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS)
    assert done.returncode == 2
    assert f"{tmp_path}: no Debian package of drupelet in it; make deb writes them to build/deb" in done.stderr
