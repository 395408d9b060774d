"""Programs that are measured in fresh processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fresh_process import (
    BARE,
    SMAPS,
    Interpreter,
    first_answer,
    many_answers,
    memory_kib,
    parse_smaps,
    start_times_ms,
)

HERE = Interpreter(Path(sys.executable))
LOAD = "seen = []\nanswer = seen.append\n"


def test_the_output_of_a_program_is_returned() -> None:
    assert HERE.run("print(2)") == "2\n"


def test_only_the_given_libraries_can_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    program = "import sys; print(sys.path[1])"
    assert Interpreter(HERE.executable, (tmp_path,)).run(program).strip() == str(tmp_path)
    assert "/nowhere" not in HERE.run("import sys; print(sys.path)")


def test_a_program_that_fails_is_an_error() -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        HERE.run("raise SystemExit('no engine')")
    assert caught.value.__notes__ == ["no engine\n"]


def test_every_program_is_timed_equally_often() -> None:
    times = start_times_ms({"bare": (HERE, BARE), "import": (HERE, "import json")}, repeats=2)
    assert {name: len(taken) for name, taken in times.items()} == {"bare": 2, "import": 2}
    assert min(times["bare"]) > 1


def test_the_texts_are_answered_one_at_a_time(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_bytes("a film\nel ni\u00f1o\x85\u2028?\n\n".encode())
    printed = HERE.run(f"{many_answers(LOAD, texts)}print(ascii(seen))")
    assert printed.strip() == ascii(["a film", "el ni\u00f1o\x85\u2028?", ""])


def test_the_first_answer_program_answers_one_text() -> None:
    assert HERE.run(f"{first_answer(LOAD)}print(seen)").strip() == "['a quiet, wonderful film']"


def test_the_memory_of_a_program_is_measured() -> None:
    kib = memory_kib({"bare": (HERE, BARE), "held": (HERE, "held = b'x' * 8_000_000")}, repeats=1)
    assert set(kib["bare"]) == set(SMAPS)
    for field in ("Rss", "Private_Dirty", "Anonymous"):
        assert kib["held"][field] - kib["bare"][field] == pytest.approx(8_000_000 / 1024, rel=0.1)


def test_smaps_lines_that_are_not_sizes_are_skipped() -> None:
    fields = "".join(f"{field}:    {number} kB\n" for number, field in enumerate(SMAPS))
    printed = f"seen\n55d0-7ffd ---p 00000000 00:00 0    [rollup]\n{fields}"
    assert parse_smaps(printed) == {field: number for number, field in enumerate(SMAPS)}
