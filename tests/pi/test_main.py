from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_a_folder_without_wheels_is_a_usage_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pi", "--wheels", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS)
    assert done.returncode == 2
    assert f"{tmp_path}: no wheel of drupelet in it; make wheels writes them to build/wheels" in done.stderr
