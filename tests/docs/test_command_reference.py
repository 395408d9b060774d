"""The reference of the commands is what ``--help`` prints."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from docs.tools import command_reference

needs_python_311 = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11),
    reason="the page is that of Python 3.11; argparse of other versions breaks some lines elsewhere",
)


@needs_python_311
def test_the_page_is_what_help_prints() -> None:
    differs = command_reference.difference(command_reference.PAGE.read_text(encoding="utf-8"))
    assert not differs, (
        f"{differs}\ndocs/reference/commands.md is not what --help prints; run `make docs-reference` and commit the page"
    )


def test_every_command_has_a_section_and_a_row() -> None:
    page = command_reference.page()
    sections = re.findall(r"^## (\w+)$", page, re.MULTILINE)
    assert sections == re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE)
    assert {"train", "export", "parity", "compile", "verify", "predict", "bench", "inspect", "doctor"} <= {*sections}
    assert all(f"usage: drupelet {name} [-h]" in page for name in sections)


def test_the_terminal_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    page = command_reference.page()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert command_reference.page() == page


def test_a_page_that_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "commands.md"
    monkeypatch.setattr(command_reference, "PAGE", page)
    page.write_text(command_reference.page().replace("print one JSON document", "print JSON", 1))
    assert command_reference.run(["--check"]) == 1
    said = capsys.readouterr().err
    assert "print one JSON document" in said
    assert said.endswith("not what --help prints; run `make docs-reference` and commit the page\n")

    assert command_reference.run([]) == 0
    assert command_reference.run(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_command_that_cannot_help(monkeypatch: pytest.MonkeyPatch) -> None:
    def exits(_: object) -> int:
        raise SystemExit(2)

    monkeypatch.setattr(command_reference, "main", exits)
    with pytest.raises(RuntimeError, match=r"^drupelet train --help ended with exit status 2$"):
        command_reference.page()
