"""The pages at the root name make targets, programs, files and sections that are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from project import makefile

ROOT = Path(__file__).parents[2]
ROOT_PAGES = ("CONTRIBUTING.md", "SECURITY.md", "RELEASING.md")
PAGES = (*ROOT_PAGES, *(f"docs/adding_{what}.md" for what in ("a_pass", "a_scheme", "an_engine", "an_operation")))
pages = pytest.mark.parametrize("page", PAGES)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands_of(page: str) -> list[str]:
    """Everything in code that looks like a command line."""
    text = text_of(page)
    lines = re.findall(r"^ *((?:make|\.venv/bin/|\.ci/)[^`\n]*)$", text, re.MULTILINE)
    return [*lines, *re.findall(r"`((?:make |\.venv/bin/|\.ci/)[^`]*)`", text)]


def anchors_of(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_commands_to_check() -> None:
    assert len([command for page in ROOT_PAGES for command in commands_of(page)]) > 25


@pages
def test_every_command_is_there(page: str) -> None:
    dev = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    installed = {"python", "drupelet", *(name for name in dev if isinstance(name, str))}
    for command in commands_of(page):
        program, *arguments = command.split()
        if program == "make":
            assert makefile.unknown_targets(command) == [], command
        elif program.startswith(".venv/bin/"):
            assert program.removeprefix(".venv/bin/") in installed, command
        else:
            assert (ROOT / program).is_file(), command
        for argument in arguments:
            assert not argument.startswith("tests/") or (ROOT / argument).exists(), command


@pages
def test_every_link_leads_to_a_file_and_a_section(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text_of(page)):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors_of(path), f"{page}: {target}"


@pages
def test_every_path_that_is_named_is_there(page: str) -> None:
    """Paths in code, from the root on; NNNN, NAME of an operation and <name> stand for something."""
    folders = "runtime|export|train|tests|docs|benchmarks|artifacts|examples|tools"
    named = re.findall(rf"`((?:{folders})/[\w./-]+)`", text_of(page))
    named = [path.replace("NAME", "reverse") for path in named if "NNNN" not in path and "verb_noun" not in path]
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing
