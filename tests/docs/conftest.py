"""Builds documentation sites with Sphinx, which only ``make docs`` installs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

TOOLS = ("furo", "myst_parser", "sphinx")


@dataclass(frozen=True)
class Build:
    """A build that is over: its exit status, what it warned of, and where its pages are."""

    status: int
    warnings: list[str]
    pages: Path

    def page(self, name: str) -> str:
        """The HTML of a page."""
        return (self.pages / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Build]:
    """A function that builds the site of a folder as ``make docs`` does."""
    missing = [tool for tool in TOOLS if find_spec(tool) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here: `make docs` installs the dependency group docs")

    def run(source: Path) -> Build:
        out = tmp_path_factory.mktemp("site")
        command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--builder", "html"]
        done = subprocess.run(
            [*command, "--doctree-dir", str(out / "doctrees"), str(source), str(out / "html")],
            capture_output=True,
            text=True,
        )
        return Build(done.returncode, done.stderr.splitlines(), out / "html")

    return run
