"""SECURITY.md names a test for each attack, and each is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADER = "| attack | test that tries it |\n|---|---|\n"


def rows() -> list[tuple[str, str]]:
    """Attack and test of each row; headings in the table, which are bold, have no test."""
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert page.count(HEADER) == 1
    table = page.partition(HEADER)[2].partition("\n\n")[0]
    cells = [line.strip("|").split(" | ") for line in table.splitlines()]
    assert all(len(cell) == 2 for cell in cells)
    return [(attack.strip(), test.strip(" `")) for attack, test in cells if not attack.strip().startswith("**")]


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_attack_has_a_test_that_is_there() -> None:
    found = rows()
    assert len(found) > 40
    for attack, test in found:
        named = re.fullmatch(r"(tests/[\w/]+/test_\w+\.py)::(test_\w+)", test)
        assert named, f"{attack}: {test!r}, expected tests/FOLDER/test_NAME.py::test_name"
        path = ROOT / named[1]
        assert path.is_file(), f"{attack}: there is no {named[1]}"
        assert named[2] in functions_of(path), f"{attack}: {named[1]} has no {named[2]}"


def test_no_attack_and_no_test_stands_twice() -> None:
    attacks, tests = zip(*rows(), strict=True)
    assert len(set(attacks)) == len(attacks)
    assert len(set(tests)) == len(tests)
