"""Runs the sessions that a page of the guide shows, and compares what they print with what the page says.

    python -m docs.tools.sessions PAGE.md...            runs each page in a folder of its own (exit status 1: one differs)
    python -m docs.tools.sessions --write PAGE.md...    and writes what was printed into the pages

In a page, every ``console`` block is run, line by line: a line that begins with ``$ `` or ``pi$ `` is a command, the
lines behind it are its output on standard output. A block of another language whose first line is ``# NAME.EXTENSION``
is a file, which is written into the folder. All other blocks are left alone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
GUIDE = REPOSITORY / "docs/guide"
PAGES = (
    REPOSITORY / "README.md",
    GUIDE / "decide.md",
    GUIDE / "explain.md",
    GUIDE / "follow.md",
    GUIDE / "installation.md",
    GUIDE / "quick_start.md",
    GUIDE / "your_own_texts.md",
    REPOSITORY / "docs/home-assistant.md",
    GUIDE / "serve.md",
)
"""The pages whose sessions are run."""

FENCE = "```"
PROMPT = re.compile(r"(?:pi)?\$ (.*)")
FILE_NAME = re.compile(r"# ([A-Za-z0-9_]+\.[a-z]+)(?::.*)?")

COMMAND_SECONDS = 600
"""A command that takes longer hangs: each of the guide takes at most half a minute on two cores."""

MACHINE = re.compile(r"\bPython \S+, \S+, \S+$")
"""Python, processor and system, as the first line of ``drupelet doctor`` names them."""

SHAPES = (
    (MACHINE, "MACHINE"),
    (re.compile(r"\b(?:scalar|neon|neondot|avx2|avxvnni|avx512vnni)\b"), "TIER"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DATE"),
    (re.compile(r'"created": ?\d+'), "CREATED"),
    (re.compile(r"\bclassify-[0-9a-f]{32}\b"), "ID"),
    (re.compile(r"\b\d[\d.,]*(?:e[+-]?\d+)? (?:us|µs|ms|s|seconds?)\b"), "TIME"),
    (re.compile(r"[+-]?\b\d[\d,]*(?:(?:\.\d+)+(?:e[+-]?\d+)?|e[+-]?\d+)\b"), "#"),
    (re.compile(r"\b(best of \d+ epochs .*is) \d+$"), r"\1 EPOCH"),
    (re.compile(r"-{3,}"), "---"),
    (re.compile(r"\s+"), " "),
)
"""What may differ from machine to machine, and what stands for it: the machine, tiers, dates, the marks of an answer over
HTTP, times with their units, numbers with a point or an exponent (versions too), the best epoch of a training, widths.

All other integers are compared: bytes, counts of texts and words, and flips. Bytes of a model that a page trains are, too:
they follow from the shapes of its tensors and from its vocabulary, not from what it learnt.
"""


@dataclass(frozen=True)
class File:
    """A file that the page gives: its name and its text."""

    name: str
    text: str


@dataclass(frozen=True)
class Step:
    """A command of the page, and where the output that the page shows begins and ends (line numbers from 0)."""

    command: str
    begin: int
    end: int


@dataclass(frozen=True)
class Printed:
    """What a command printed on standard output, line by line."""

    step: Step
    lines: tuple[str, ...]


class SessionError(Exception):
    """A page that cannot be run, or a command that failed."""


def read_session(page: str) -> list[File | Step]:
    """The files and commands of a page, in their order."""
    lines = page.splitlines()
    session: list[File | Step] = []
    number = 0
    while number < len(lines):
        if not lines[number].startswith(FENCE):
            number += 1
            continue
        begin = number + 1
        try:
            end = lines.index(FENCE, begin)
        except ValueError as error:
            raise SessionError(f"line {number + 1}: a block that does not end") from error
        if lines[number] == f"{FENCE}console":
            session += _steps(lines, begin, end)
        elif begin < end and (named := FILE_NAME.fullmatch(lines[begin])):
            session.append(File(named[1], "\n".join(lines[begin:end]) + "\n"))
        number = end + 1
    return session


def _steps(lines: list[str], begin: int, end: int) -> list[Step]:
    prompts = [number for number in range(begin, end) if PROMPT.fullmatch(lines[number])]
    if not prompts or prompts[0] != begin:
        raise SessionError(
            f"line {begin + 1}: a console block begins with {lines[begin]!r}, expected a command behind $"
        )
    found = [PROMPT.fullmatch(lines[number]) for number in prompts]
    return [
        Step(match[1], prompt + 1, following)
        for match, prompt, following in zip(found, prompts, [*prompts[1:], end], strict=True)
        if match
    ]


def run_session(session: Sequence[File | Step], folder: Path) -> list[Printed]:
    """Writes the files and runs the commands in ``folder``, in order; raises SessionError for one that fails.

    What a command leaves running in the background is ended with the session.
    """
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
    }
    printed = []
    groups: list[int] = []
    try:
        for item in session:
            if isinstance(item, File):
                (folder / item.name).write_text(item.text, encoding="utf-8")
                continue
            with subprocess.Popen(
                ["/bin/bash", "-c", item.command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                process_group=0,
            ) as process:
                groups.append(process.pid)
                stdout, stderr = process.communicate(timeout=COMMAND_SECONDS)
            if process.returncode != 0:
                raise SessionError(
                    f"line {item.begin}: `{item.command}` ended with exit status {process.returncode}:\n{stderr[-2000:]}"
                )
            printed.append(Printed(item, tuple(stdout.splitlines())))
    finally:
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    return printed


def differences(page: str, printed: Sequence[Printed]) -> list[str]:
    """What each command printed in another shape than the page shows."""
    lines = page.splitlines()
    return [
        f"line {answer.step.begin}: `{answer.step.command}` prints\n"
        + "\n".join(answer.lines)
        + "\nthe page shows\n"
        + "\n".join(lines[answer.step.begin : answer.step.end])
        for answer in printed
        if [*map(shape, answer.lines)] != [*map(shape, lines[answer.step.begin : answer.step.end])]
    ]


def shape(line: str) -> str:
    """A line without what differs from machine to machine."""
    for pattern, replacement in SHAPES:
        line = pattern.sub(replacement, line)
    return line.strip()


def rewritten(page: str, printed: Sequence[Printed]) -> str:
    """The page with what its commands printed, but for the name of the machine, where the page names one already."""
    lines = page.splitlines()
    for answer in reversed(printed):
        shown = lines[answer.step.begin : answer.step.end]
        machines = {shape(line): line for line in shown if MACHINE.search(line)}
        lines[answer.step.begin : answer.step.end] = [machines.get(shape(line), line) for line in answer.lines]
    return "\n".join(lines) + "\n"


def run_page(page: Path, folder: Path) -> list[Printed]:
    """Runs the session of a page in ``folder``, where ``artifacts`` is the folder of the repository."""
    (folder / "artifacts").symlink_to(REPOSITORY / "artifacts")
    try:
        return run_session(read_session(page.read_text(encoding="utf-8")), folder)
    except SessionError as error:
        raise SessionError(f"{page}: {error}") from error


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs pages, compares or writes them, and returns the exit status."""
    parser = argparse.ArgumentParser(description="run the sessions that pages of the guide show")
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES, help="pages to run (default: those of the guide)")
    parser.add_argument("--write", action="store_true", help="write what was printed into the pages")
    options = parser.parse_args(arguments)
    status = 0
    for page in options.pages:
        text = page.read_text(encoding="utf-8")
        try:
            with tempfile.TemporaryDirectory() as folder:
                printed = run_page(page, Path(folder))
        except SessionError as error:
            print(error, file=sys.stderr)
            return 1
        if options.write:
            page.write_text(rewritten(text, printed), encoding="utf-8")
        for difference in [] if options.write else differences(text, printed):
            print(f"{page}: {difference}\n", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(run())
