"""The program that counts the instructions from text to ids is built as the kernel is, and says what it cannot read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks import text_instructions
from benchmarks.text_instructions import MODEL, ROOT, build, build_of, instructions, levels, ns_a_token, pieces_of


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    return build(ROOT, tmp_path_factory.mktemp("text_instructions"))


def test_sources_are_optimized_as_in_the_wheel() -> None:
    found = levels(build_of(ROOT))
    assert found["text_steps"] == "-O3"
    assert found["vocabulary"] == "-O2"


def test_a_version_without_levels_of_its_own(tmp_path: Path) -> None:
    """Before there was a build backend, setup.py named them."""
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime" / "setup.py").write_text("FLAGS = ['-O3']")
    assert levels(build_of(tmp_path)) == {}


@pytest.mark.long
def test_texts_are_encoded(program: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("a good film\n\nun film \u00e9trange\n", encoding="utf-8")
    done = subprocess.run([program, ROOT / MODEL, texts, "scalar", "2"], check=True, capture_output=True, text=True)
    ids, nanoseconds = map(int, done.stdout.split())
    assert ids == 3 + 3  # the letters of étrange without its first are a word of their own
    assert nanoseconds > 0
    assert ns_a_token(program, ROOT / MODEL, texts, "scalar") > 0


def test_a_review_in_pieces() -> None:
    assert pieces_of(" ".join(map(str, range(45)))) == [
        " ".join(map(str, range(20))),
        " ".join(map(str, range(20, 40))),
    ]
    assert pieces_of("a b") == []


def test_a_text_that_is_not_utf8_is_named(program: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_bytes(b"good \xff\n")
    done = subprocess.run([program, ROOT / MODEL, texts, "scalar", "1"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "text_instructions: byte 5 (0xff) is not UTF-8" in done.stderr


def test_nothing_counted_is_no_figure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def counted(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, "", "==1== Collected : 0\n")

    monkeypatch.setattr(text_instructions.subprocess, "run", counted)
    with pytest.raises(RuntimeError, match="valgrind counted no instruction of drupelet_encode"):
        instructions(tmp_path, tmp_path, tmp_path, "scalar")
