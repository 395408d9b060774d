"""Subcommands of ``drupelet``: those of this distribution, and those of others that join by entry point."""

from __future__ import annotations

from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

EXIT_OK = 0
EXIT_CHECK_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_READER_GONE = 141
"""128 and the number of the signal, as a shell has it: SIGINT, SIGPIPE."""

ENTRY_POINT_GROUP = "drupelet.commands"


class Command(Value):
    """A subcommand: its name and one-line summary, its options, and the function that runs it.

    ``run`` returns the exit status: 0 done, 1 a check failed. A DrupeletError is printed to stderr and becomes exit status 2.
    With ``--json``, ``run`` prints one JSON document to stdout and nothing else (:func:`drupelet.cli.document.print_document`).
    Other distributions offer a Command in the entry-point group ``drupelet.commands``. ``drupelet --help`` imports its module,
    so the module imports nothing heavy before ``run`` is called.
    """

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    intermixed: bool = False
    """Whether options may also stand between positional arguments (any number of texts), which argparse does not allow."""
    needs_parser: bool = False
    """Whether ``run`` gets the parser of all commands, as ``options.parser``."""
