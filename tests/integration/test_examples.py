"""The examples run and print what they should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def example(name: str, *arguments: str) -> list[str]:
    outcome = subprocess.run(
        [sys.executable, ROOT / "examples" / name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.splitlines()


def test_predict_on_device() -> None:
    lines = example("predict_on_device.py")
    assert lines[0].startswith("positive")
    assert lines[-1].endswith("(no known word)")


def test_export_with_own_passes() -> None:
    assert [line.count("3000") for line in example("export_with_own_passes.py")] == [0, 1]


def test_compare_two_engines() -> None:
    (line,) = example("compare_two_engines.py", "artifacts/imdb", "numpy", "numpy", "a good film")
    assert "max |dp| 0.0e+00" in line
