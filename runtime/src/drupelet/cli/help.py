"""``drupelet help``: what --help prints, of the command or of one of its subcommands; and the manual page."""

from __future__ import annotations

import argparse

from drupelet.cli.command import EXIT_OK, Command
from drupelet.errors import InputError, closest_match


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("about", nargs="?", metavar="COMMAND", help="a subcommand (default: the list of them)")
    parser.add_argument("--man", action="store_true", help="print a manual page of all commands, as man reads it")


def run(options: argparse.Namespace) -> int:
    """Prints the help."""
    parsers = subparsers_of(options.parser)
    if options.man:
        from drupelet.cli.man_page import man_page

        print(man_page(options.parser, parsers), end="")
        return EXIT_OK
    if options.about is not None and options.about not in parsers:
        raise InputError(f"no command {options.about!r}{closest_match(options.about, list(parsers))}")
    (options.parser if options.about is None else parsers[options.about]).print_help()
    return EXIT_OK


def subparsers_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the subcommands, by their names."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.update(action.choices)
    return found


COMMAND = Command("help", "print the help of a command, or a manual page", configure, run, needs_parser=True)
