"""A make target that lacks a program says which one, and what to install; help names every target."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from project import makefile

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed: apt install make")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "--silent", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_help_names_every_target() -> None:
    helped = make("help").stdout
    unnamed = {name for name in makefile.targets() if not re.search(rf"\b{name}(?![\w-])", helped)}
    assert len(makefile.targets()) > 25
    assert unnamed == {"help"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("fuzz", "CLANG=no-such-clang"),
            "make fuzz: no-such-clang was not found: apt install clang libclang-rt-14-dev",
        ),
        (("floor", "CC=no-such-cc"), "make floor: no-such-cc was not found: install a C compiler or name one"),
    ],
)
def test_a_target_without_its_program_says_what_to_install(arguments: tuple[str, ...], message: str) -> None:
    outcome = make(*arguments)
    assert outcome.returncode == 2
    assert message in outcome.stderr
    assert outcome.stdout == ""


def test_an_environment_without_python_says_which_one(tmp_path: Path) -> None:
    outcome = make("install", f"VENV={tmp_path / 'venv'}", "PYTHON=no-such-python")
    assert outcome.returncode == 2
    assert "no-such-python was not found: install Python 3.11" in outcome.stderr
    assert not (tmp_path / "venv").exists()
