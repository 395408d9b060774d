"""Finds the subcommand, runs it, and turns errors into exit status 2."""

from __future__ import annotations

import argparse
import os
import sys

from drupelet.cli.command import (
    ENTRY_POINT_GROUP,
    EXIT_CHECK_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_READER_GONE,
    EXIT_USAGE,
    Command,
)
from drupelet.cli.escaped_streams import escape_standard_streams
from drupelet.cli.standard_streams import discard_stdout
from drupelet.errors import DrupeletError, SignatureError
from drupelet.version import __version__

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.metadata import EntryPoint
    from typing import Any, NoReturn

DEVICE_COMMANDS = (
    "predict",
    "verify",
    "eval",
    "score",
    "list",
    "bench",
    "inspect",
    "tokens",
    "explain",
    "serve",
    "doctor",
    "help",
    "completion",
)
"""Subcommands of this distribution: modules beside this one. Only that of the command that runs is imported."""
WORKSTATION_COMMANDS = {
    "train": "drupelet-train",
    "export": "drupelet-export",
    "parity": "drupelet-export",
    "report": "drupelet-export",
    "compile": '"drupelet-export[compile]"',
    "sign": '"drupelet-export[sign]"',
}
"""Subcommands of other distributions, in the order of the work, and the distribution that brings each."""
EXIT_STATUSES = (
    "Exit status: 0 done; 1 a check failed; 2 usage or bad input, a damaged file, an engine that cannot run, too little "
    "memory, or output that cannot be written; 130 interrupted; 141 the reader of stdout has left. A signal such as SIGTERM "
    "gives the status of the signal."
)


class _Parser(argparse.ArgumentParser):
    """Prints a usage error in one line, in the form of all errors of a command."""

    takes_texts = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does it; remembers the arguments, for the hint of an error.

        argparse takes ``-hello`` for ``-h`` with letters behind it: Python 3.13 prints help, others complain about ``ello``.
        """
        self._given = list(args or ())
        for before, argument in zip(["", *self._given], self._given):
            if argument == "--":
                break
            if argument.startswith("-h") and argument != "-h" and not self._may_take_a_value(before):
                self.error(f"unrecognized arguments: {argument}")
        return super().parse_known_args(args, namespace)

    def _may_take_a_value(self, argument: str) -> bool:
        """Whether it is an option that takes the next argument as its value, or one of a subcommand that may."""
        known = self._option_string_actions.get(argument)
        return argument.startswith("--") and (known is None or known.nargs != 0)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}{self._hint(message)}\n")

    def _hint(self, message: str) -> str:
        """What to do where argparse took a text or a value for an option, because it starts with a hyphen."""
        unknown = message.partition("unrecognized arguments: -")[2]
        if unknown and self.takes_texts:
            return f"; a text that starts with a hyphen goes after --, as in: {self.prog} BUNDLE -- -{unknown}"
        option, expected, _ = message.partition(": expected one argument")
        for name in option.rpartition(" ")[2].split("/") if expected else ():
            follows = self._given[self._given.index(name) + 1 :] if name in self._given else []
            if follows and follows[0] not in self._option_string_actions:
                return f"; write a value that starts with a hyphen as {name}={follows[0]}"
        return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``drupelet`` with these arguments (those of the process when None) and returns the exit status."""
    _keep_numpy_on_one_thread()
    escape_standard_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    who = f"drupelet {given[0]}" if given and not given[0].startswith("-") else "drupelet"
    status, said = EXIT_OK, None
    try:
        status = _run(given)
    except SystemExit as stop:  # argparse leaves this way
        raise SystemExit(_flushed(who, int(stop.code or EXIT_OK))) from None
    except SignatureError as error:
        status, said = EXIT_CHECK_FAILED, str(error)
    except DrupeletError as error:
        status, said = EXIT_USAGE, str(error)
    except KeyboardInterrupt:
        status, said = EXIT_INTERRUPTED, "interrupted"
    except MemoryError:
        status, said = EXIT_USAGE, "memory does not suffice; free some, or give less at a time"
    except BrokenPipeError:
        discard_stdout()
        return EXIT_READER_GONE  # the reader of our output has enough (`| head`)
    except OSError as error:
        discard_stdout()
        status, said = EXIT_USAGE, str(error.strerror or error)
    if said is not None:  # only here, where the memory of what failed is free again
        print(f"{who}: {said}", file=sys.stderr)
    return _flushed(who, status)


def _flushed(who: str, status: int) -> int:
    """The exit status when what was printed has been written, too."""
    try:
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        discard_stdout()
        return EXIT_READER_GONE
    except OSError as error:
        discard_stdout()
        print(f"{who}: stdout: cannot be written ({error.strerror})", file=sys.stderr)
        return EXIT_USAGE


def _run(given: list[str]) -> int:
    """Finds the command and runs it."""
    wanted = given[0] if given and not given[0].startswith("-") else None
    commands = device_commands([wanted] if wanted in DEVICE_COMMANDS else DEVICE_COMMANDS)
    needs_all = wanted in commands and commands[wanted].needs_parser
    if needs_all:
        commands = device_commands(DEVICE_COMMANDS)
    if wanted not in commands or needs_all:
        # Look for other distributions only now: a device command starts without reading the list of installed ones.
        for entry in _workstation_entries():
            try:
                command: Command = entry.load()
            except ImportError as error:
                print(f"drupelet: command {entry.name!r} cannot be loaded ({error})", file=sys.stderr)
                continue
            commands[command.name] = command
    if wanted is not None and wanted not in commands:
        return _unknown(wanted, list(commands))
    parser = _parser(commands)
    if wanted is not None and commands[wanted].intermixed:
        options = _parse_intermixed(commands[wanted], given[1:])
    else:
        options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return EXIT_USAGE
    if needs_all:
        options.parser = parser
    return commands[options.command].run(options)


def device_commands(names: Iterable[str] = DEVICE_COMMANDS) -> dict[str, Command]:
    """Subcommands of this distribution, by their names."""
    return {name: __import__(f"drupelet.cli.{name}", fromlist=["COMMAND"]).COMMAND for name in names}


def _parser(commands: dict[str, Command]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="drupelet",
        description="Keras text classifiers on a Raspberry Pi, verified against Keras.",
        epilog=EXIT_STATUSES,
    )
    parser.add_argument("--version", action="version", version=f"drupelet {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in commands.values():
        subparser = subparsers.add_parser(command.name, help=command.summary, description=command.summary)
        command.configure(subparser)
    return parser


def _parse_intermixed(command: Command, given: list[str]) -> argparse.Namespace:
    """The options of a command whose positional arguments may stand anywhere, and nothing else behind ``--``.

    A NUL, which no argument can hold, marks the arguments behind ``--``, so that argparse does not take them for options:
    its own treatment of ``--`` differs between Python releases.
    """
    parser = _Parser(prog=f"drupelet {command.name}", description=command.summary)
    parser.takes_texts = True
    command.configure(parser)
    end = given.index("--") if "--" in given else len(given)
    options = parser.parse_intermixed_args([*given[:end], *(f"\0{text}" for text in given[end + 1 :])])
    for name, held in vars(options).items():
        if isinstance(held, str):
            setattr(options, name, held.removeprefix("\0"))
        elif isinstance(held, list):
            setattr(options, name, [text.removeprefix("\0") for text in held])
    options.command = command.name
    return options


def _keep_numpy_on_one_thread() -> None:
    """Has OpenBLAS, which numpy's wheels bring, use one thread, unless the user has set the number.

    It reads the variable when numpy is imported, which is later. A network multiplies one vector at a time. OpenBLAS shares
    that among threads which wait for each other in a loop: the numpy engine then takes three times the processor time.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _workstation_entries() -> list[EntryPoint]:
    """The subcommands of other distributions: ours in the order of the work, then all others by name."""
    from importlib.metadata import entry_points

    found = entry_points()
    if hasattr(found, "select"):
        entries = list(found.select(group=ENTRY_POINT_GROUP))
    else:
        entries = list(found.get(ENTRY_POINT_GROUP, []))  # type: ignore[attr-defined,unused-ignore]  # Python 3.9
    order = list(WORKSTATION_COMMANDS)
    return sorted(
        entries, key=lambda entry: (order.index(entry.name) if entry.name in order else len(order), entry.name)
    )


def _unknown(wanted: str, known: list[str]) -> int:
    if wanted in WORKSTATION_COMMANDS:
        hint = f"install it on the workstation with: pip install {WORKSTATION_COMMANDS[wanted]}"
    else:
        import difflib

        matches = difflib.get_close_matches(wanted, [*known, *WORKSTATION_COMMANDS], n=1)
        hint = (f"did you mean {matches[0]!r}? " if matches else "") + f"commands: {', '.join(known)}"
    print(f"drupelet: no command {wanted!r} here; {hint}", file=sys.stderr)
    return EXIT_USAGE
