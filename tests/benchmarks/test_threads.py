"""What threads are worth to the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import threads
from runtime.networks import GOLDEN_BUNDLE


def test_lines_are_repeated(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("one\ntwo\n")
    threads.repeat_lines(tmp_path / "texts", tmp_path / "lines", 5)
    assert (tmp_path / "lines").read_text() == "one\ntwo\none\ntwo\none\n"


def test_both_sources_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "texts").write_text("a good film\n\nbad\n")
    assert threads.main([str(GOLDEN_BUNDLE), str(tmp_path / "texts"), "--lines", "100"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said[1:]] == ["file", "stdin", "every answer is the same"]


def test_one_thread_is_not_compared_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        threads.main([str(GOLDEN_BUNDLE), "texts", "--threads", "1"])
    assert ended.value.code == 2
    assert "--threads 1: expected at least 2, to compare with one" in capsys.readouterr().err
