"""A manual page of a command and its subcommands, in the language of man(7)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from drupelet.version import __version__


def man_page(parser: argparse.ArgumentParser, subparsers: Mapping[str, argparse.ArgumentParser]) -> str:
    """The page: what the command is, its subcommands with their options, and exit statuses."""
    lines = [
        f'.TH {parser.prog.upper()} 1 "" "{parser.prog} {__version__}" "User Commands"',
        ".SH NAME",
        f"{parser.prog} \\- {_text(parser.description or '').rstrip('.')}",
        ".SH SYNOPSIS",
        f".B {parser.prog}",
        ".I COMMAND",
        "[options]",
        ".SH COMMANDS",
    ]
    for name, subparser in subparsers.items():
        lines += [f".SS {parser.prog} {name}", _text(subparser.description or ""), ".PP", _text(_usage(subparser))]
        lines += _options(subparser)
    if parser.epilog:
        lines += [".SH EXIT STATUS", _text(parser.epilog.partition("Exit status: ")[2] or parser.epilog)]
    return "\n".join(lines) + "\n"


def _usage(parser: argparse.ArgumentParser) -> str:
    return " ".join(parser.format_usage().partition("usage: ")[2].split())


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    formatter = argparse.HelpFormatter(parser.prog)
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        names = formatter._format_action_invocation(action)
        yield ".TP"
        yield f"\\fB{_text(names)}\\fR"
        yield _text(formatter._expand_help(action) if action.help else "")


def _text(text: str) -> str:
    """The text as man prints it: backslashes and hyphens stand for themselves, and no line is a request."""
    escaped = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
