"""A newcomer can follow the page "Your own texts, from a CSV to a Pi" word by word."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.tools import sessions

PAGE = sessions.GUIDE / "your_own_texts.md"


def test_the_page_goes_from_a_file_to_an_answer() -> None:
    steps = sessions.read_session(PAGE.read_text(encoding="utf-8"))
    assert [step.name for step in steps if isinstance(step, sessions.File)] == [
        "make_messages.py",
        "make_tickets.py",
    ]
    commands = [step.command for step in steps if isinstance(step, sessions.Step)]
    for command in ("train", "export", "parity", "predict", "verify"):
        assert any(line.startswith(f"drupelet {command} ") or f"| drupelet {command} " in line for line in commands)


@pytest.mark.long
@pytest.mark.slow
def test_its_commands_print_what_it_shows(tmp_path: Path) -> None:
    differences = sessions.differences(PAGE.read_text(encoding="utf-8"), sessions.run_page(PAGE, tmp_path))
    assert not differences, "\n\n".join([*differences, f"{PAGE}: run `make docs-sessions` and look at what changed"])
