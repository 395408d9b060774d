"""The script that labels lines prints a label a line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.compare.growth import LINES


def test_a_label_a_line(fakes: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("a good film\nbad\n" * 1500)
    command = [sys.executable, "-P", LINES, fakes, "fakes.peer", "/", "well", "1", texts]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "positive\nnegative\n" * 1500
