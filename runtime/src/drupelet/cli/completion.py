"""``drupelet completion``: the script with which a shell completes the command, written by shtab."""

from __future__ import annotations

import argparse

from drupelet.cli.command import EXIT_OK, Command
from drupelet.errors import EngineUnavailableError

SHELLS = ("bash", "zsh", "tcsh")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("shell", choices=SHELLS, help="the shell; for bash: drupelet completion bash > "
                        "~/.local/share/bash-completion/completions/drupelet")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Prints the script."""
    try:
        import shtab
    except ImportError as error:
        raise EngineUnavailableError("completion needs shtab: pip install 'drupelet[completion]'") from error
    print(shtab.complete(options.parser, options.shell))
    return EXIT_OK


COMMAND = Command(
    "completion", "print the script that completes this command in a shell", configure, run, needs_parser=True
)
