"""The program that counts the bytes of text rules finds them, and says where it finds none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks import text_size
from benchmarks.text_size import MODULES, ROOT, SOURCES, deflated_bytes, main

GONE = {"tokenizer", "tokenizer.py"}
"""What older versions had in place of text rules."""

pytestmark = pytest.mark.skipif(
    not shutil.which("cc") or not shutil.which("size"), reason="no C compiler, or no binutils"
)


def test_every_name_has_a_file() -> None:
    runtime = ROOT / "runtime"
    for name in set(SOURCES) - GONE:
        assert list((runtime / "csrc").glob(f"{name}.c")), name
    for name in set(MODULES) - GONE:
        assert list((runtime / "src/drupelet").glob(name)), name


@pytest.mark.long
def test_this_version_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("this version: ")
    assert " of Python (" in line


def test_a_version_without_text_rules_is_no_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_size, "build", lambda root, folder: folder)
    with pytest.raises(ValueError, match="has 0 objects and 0 modules of text rules, expected some of both"):
        text_size.text_size(tmp_path, tmp_path)


def test_a_wheel_compresses() -> None:
    assert deflated_bytes(b"a" * 1000) < 20
