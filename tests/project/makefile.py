"""The targets of the Makefile."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def targets() -> set[str]:
    """The names that ``make NAME`` knows; files and patterns aside."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    rules = re.findall(r"^([a-z][a-z0-9 -]*):", text, re.MULTILINE)
    return {name for rule in rules for name in rule.split()}


def unknown_targets(command: str) -> list[str]:
    """The words of a ``make`` command line that are neither a target nor a variable."""
    _, *words = command.split()
    return [word for word in words if "=" not in word and word not in targets()]
