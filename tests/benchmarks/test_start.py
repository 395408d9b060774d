"""Start, memory and size of the runtime alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import start
from benchmarks.fresh_process import BARE, Interpreter


def test_a_program_loads_as_a_user_does(tmp_path: Path) -> None:
    (tmp_path / "drupelet.py").write_text("def load(path):\n    return lambda text: print(path, text)\n")
    program = f"{start.load_program(Path('/a b'))}answer('film')"
    assert Interpreter(Path(sys.executable), (tmp_path,)).run(program) == "/a b film\n"


def test_the_bytes_of_imported_modules_are_counted(tmp_path: Path) -> None:
    (tmp_path / "drupelet").mkdir()
    for name, content in (("__init__", "1"), ("used", "22"), ("unused", "333")):
        (tmp_path / "drupelet" / f"{name}.py").write_text(content)
    python = Interpreter(Path(sys.executable), (tmp_path,))
    assert start.bytes_of_modules(python, "import drupelet.used, json\n") == 3


def test_figures_are_above_those_of_a_bare_python(capsys: pytest.CaptureFixture[str]) -> None:
    start.print_starts({BARE: [8.0, 9.0, 10.0], "tiny": [12.0, 13.0, 14.0]})
    start.print_memory("texts.txt", {BARE: {"Rss": 1000.0}, "tiny": {"Rss": 3000.0}})
    assert capsys.readouterr().out.splitlines() == [
        "bare Python: 9.0 ms",
        "tiny: from start to the first label 4.0 ms above it (3.0 to 5.0)",
        "tiny: 2.05 MB above it after texts.txt",
    ]
