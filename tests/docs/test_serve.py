"""The session of the page "Answers over HTTP" runs as it stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from docs.tools import sessions

PAGE = sessions.GUIDE / "serve.md"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl")
def test_its_commands_print_what_it_shows(tmp_path: Path) -> None:
    pytest.importorskip("waitress")
    differences = sessions.differences(PAGE.read_text(encoding="utf-8"), sessions.run_page(PAGE, tmp_path))
    assert not differences, "\n\n".join([*differences, f"{PAGE}: run `make docs-sessions` and look at what changed"])


def test_its_limits_are_those_of_the_server() -> None:
    from drupelet.serve.requests import Limits

    page = PAGE.read_text(encoding="utf-8")
    for name in ("max_body_bytes", "max_texts", "max_characters", "max_seconds", "max_connections"):
        row = next(line for line in page.splitlines() if line.startswith(f"| `--{name.replace('_', '-')}`"))
        assert row.split(" | ")[1] == f"{getattr(Limits, name):,}"
