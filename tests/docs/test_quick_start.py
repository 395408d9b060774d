"""What the quick start tells a reader to type works, and prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.tools import sessions

PAGE = sessions.GUIDE / "quick_start.md"


@pytest.mark.slow
def test_its_commands_print_what_it_shows(tmp_path: Path) -> None:
    differences = sessions.differences(PAGE.read_text(encoding="utf-8"), sessions.run_page(PAGE, tmp_path))
    assert not differences, "\n\n".join([*differences, f"{PAGE}: run `make docs-sessions` and look at what changed"])


def test_every_page_that_shows_a_session_is_run() -> None:
    pages = [sessions.REPOSITORY / "README.md", *sessions.GUIDE.parent.glob("*.md"), *sessions.GUIDE.glob("*.md")]
    shown = {page for page in pages if "```console" in page.read_text(encoding="utf-8")}
    assert shown == {*sessions.PAGES}
