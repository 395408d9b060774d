"""Writes ``docs/reference/commands.md``: what ``drupelet COMMAND --help`` prints, for every command.

    python -m docs.tools.command_reference            writes the page
    python -m docs.tools.command_reference --check    says whether the page is as it would be written (exit status 1: no)

The width of a line is fixed. The page is that of Python 3.11; other versions break some lines of a usage elsewhere.
"""

from __future__ import annotations

import argparse
import difflib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path
from unittest.mock import patch

from drupelet.cli.command import ENTRY_POINT_GROUP, Command
from drupelet.cli.main import device_commands, main

PAGE = Path(__file__).resolve().parents[1] / "reference/commands.md"
COLUMNS = "88"
"""Characters a line: what a code block of the site shows without scrolling."""

ORDER = (
    "train",
    "export",
    "parity",
    "report",
    "compile",
    "verify",
    "predict",
    "eval",
    "list",
    "bench",
    "inspect",
    "tokens",
    "explain",
    "serve",
    "doctor",
)
"""From texts to answers. A command that is not listed comes behind these."""

SEE = {
    "train": "[Training](../guide/training.md) explains the settings and the tuning.",
    "export": "[Quick start](../guide/quick_start.md#your-own-keras-model) shows the export of a model of your own, "
    "[None of these, and several labels](../guide/decide.md) what is answered.",
    "compile": "[Executables](../executables.md) describes what it makes.",
    "explain": "[Which words decided](../guide/explain.md) says what the numbers mean.",
    "tokens": "[Your own Keras model](../guide/your_own_model.md) says what text rules are.",
    "serve": "[Answers over HTTP](../guide/serve.md) shows it, with its page.",
    "predict": "[Raspberry Pi](../raspberry-pi.md#4-a-service) shows it as a service.",
}
"""Where a page says more about a command."""

HEAD = """\
# Commands

<!-- Written by `make docs-reference` from the output of --help. Do not edit. -->

`drupelet COMMAND --help` prints these texts.

Every command ends with one of these exit statuses: 0 done; 1 a check failed; 2 wrong usage or bad input, a damaged file, an
engine that cannot run, too little memory, or output that cannot be written; 130 interrupted; 141 the reader of stdout has
left; or that of a signal such as SIGTERM ([threads, processes and signals](../guide/processes.md)). With `--json` a command
prints one JSON document on standard output and nothing else.

| command | distribution | what it does |
|---|---|---|
"""


def page() -> str:
    """The text of the page."""
    commands = sorted(_commands(), key=lambda pair: (_place(pair[0].name), pair[0].name))
    rows = "".join(
        f"| [`{command.name}`](#{command.name}) | {distribution} | {command.summary} |\n"
        for command, distribution in commands
    )
    return HEAD + rows + "".join(_section(command.name) for command, _ in commands)


def difference(written: str) -> str:
    """What differs between the text of the page, as it is written, and as it should be; empty when nothing does."""
    lines = difflib.unified_diff(written.splitlines(), page().splitlines(), "commands.md", "--help", lineterm="", n=1)
    return "\n".join(lines)


def _commands() -> list[tuple[Command, str]]:
    """Every command of our distributions, and which one has it."""
    joined = [
        (entry.load(), entry.dist.name)
        for entry in entry_points(group=ENTRY_POINT_GROUP)
        if entry.dist is not None and entry.dist.name.startswith("drupelet-")
    ]
    return [(command, "drupelet") for command in device_commands().values()] + joined


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _section(name: str) -> str:
    see = f"{SEE[name]}\n\n" if name in SEE else ""
    return f"\n## {name}\n\n{see}```text\n{_help(name).rstrip()}\n```\n"


def _help(name: str) -> str:
    printed = io.StringIO()
    with patch.dict(os.environ, {"COLUMNS": COLUMNS, "NO_COLOR": "1"}), redirect_stdout(printed):
        try:
            main([name, "--help"])
        except SystemExit as end:
            if end.code not in (None, 0):
                raise RuntimeError(f"drupelet {name} --help ended with exit status {end.code}") from end
    return printed.getvalue()


def run(arguments: Sequence[str] | None = None) -> int:
    """Writes or checks the page; returns the exit status."""
    parser = argparse.ArgumentParser(description="write docs/reference/commands.md from the output of --help")
    parser.add_argument("--check", action="store_true", help="compare only; exit status 1 when the page is out of date")
    if not parser.parse_args(arguments).check:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    differs = difference(PAGE.read_text(encoding="utf-8"))
    if differs:
        print(
            f"{differs}\n{PAGE}: not what --help prints; run `make docs-reference` and commit the page", file=sys.stderr
        )
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(run())
