"""``drupelet doctor`` prints what the page on installation shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.tools import sessions

PAGE = sessions.GUIDE / "installation.md"


@pytest.mark.slow
def test_its_commands_print_what_it_shows(tmp_path: Path) -> None:
    differences = sessions.differences(PAGE.read_text(encoding="utf-8"), sessions.run_page(PAGE, tmp_path))
    assert not differences, "\n\n".join([*differences, f"{PAGE}: run `make docs-sessions` and look at what changed"])
