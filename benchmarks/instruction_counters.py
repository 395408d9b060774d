"""Counts the instructions of a program between calls of its functions count_begin and count_end, to the instruction.

The first instruction of count_begin is counted, and that of count_end is not. The program's binary must keep its symbols.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

BEGIN, END = "count_begin", "count_end"
SHOWN_LINES = 5
"""Number of lines, the last ones, that an error shows of what a program said."""


class CountingError(Exception):
    """A program that failed, or that was not counted."""


def under_valgrind(program: Sequence[str], folder: Path) -> tuple[list[str], list[int]]:
    """The lines that a program of this machine prints, run in ``folder``, and the instructions of each region."""
    with tempfile.TemporaryDirectory() as scratch:
        parts = Path(scratch, "part")
        options = (
            "--tool=callgrind",
            f"--callgrind-out-file={parts}",
            f"--zero-before={BEGIN}",
            f"--dump-before={END}",
        )
        done = subprocess.run(
            ["valgrind", "--quiet", *options, *program], cwd=folder, env=_environment(), capture_output=True, text=True
        )
        _check(program, done.returncode, done.stderr.splitlines())
        counts = [summary(Path(f"{parts}.{number + 1}")) for number in range(len(list(parts.parent.glob("part.*"))))]
    return done.stdout.splitlines(), counts


def summary(part: Path) -> int:
    """The instructions in a file of callgrind's."""
    found = re.search(r"^summary: (\d+)$", part.read_text(), flags=re.MULTILINE)
    if found is None:
        raise CountingError(f"valgrind: {part.name} has no line 'summary: NUMBER'; is it callgrind's?")
    return int(found[1])


def under_qemu(emulator: Sequence[str], program: Sequence[str], folder: Path) -> tuple[list[str], list[int]]:
    """The same for a program of an Arm processor. ``emulator``: qemu's command.

    qemu translates blocks of instructions, and runs them. It logs both: the instructions of a block once, and every run. An
    instruction is a line as long as it has at most eight bytes, as on Arm.
    """
    command = [*emulator, "-d", "in_asm,exec,nochain", *program]
    said: deque[str] = deque(maxlen=SHOWN_LINES)
    with subprocess.Popen(
        command, cwd=folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        counts = list(regions(process.stderr, said))
        printed = process.stdout.read().decode()
    _check(program, process.returncode, said)
    return printed.splitlines(), counts


def regions(log: Iterable[bytes], said: deque[str]) -> Iterator[int]:
    """The instructions of each region of qemu's log. Lines that are not qemu's are appended to ``said``."""
    size_at: dict[int, int] = {}  # instructions of the block at an address
    size_of: dict[bytes, int] = {}  # of the block that a line says to run; lines repeat
    listed: list[int] = []
    counted = None
    for line in log:
        size = size_of.get(line)
        if size is None:
            if line.startswith(b"0x"):
                listed.append(int(line.partition(b":")[0], 16))
                continue
            if listed:
                # A block that is translated again must be the same one, or a run would have two sizes.
                if size_at.setdefault(listed[0], len(listed)) != len(listed):
                    raise CountingError(
                        f"qemu translated the block at {listed[0]:#x} in two ways; its runs cannot be told apart"
                    )
                listed = []
            if not line.startswith(b"Trace "):
                if not line.startswith((b"IN:", b"-----", b"\n")):
                    said.append(line.decode(errors="replace").rstrip())
                continue
            address, symbol = _run_of(line)
            size = size_at[address]
            if symbol == BEGIN:
                counted = 0
            elif symbol == END and counted is not None:
                yield counted
                counted = None
            else:
                size_of[line] = size
        if counted is not None:
            counted += size


def _run_of(line: bytes) -> tuple[int, str]:
    """The address and the function of a line such as ``Trace 0: 0x7f5e [00000000/00010054/00000001/00000200] main``."""
    _, address, _, rest = line.split(b"/", 3)
    return int(address, 16), rest.partition(b"]")[2].decode().strip()


def _environment() -> dict[str, str]:
    """An environment of a fixed content: a program may read it, and so may valgrind."""
    return {"PATH": os.environ.get("PATH", os.defpath)}


def _check(program: Sequence[str], status: int, said: Iterable[str]) -> None:
    if status != 0:
        shown = "\n".join(list(said)[-SHOWN_LINES:])
        raise CountingError(f"{' '.join(program)}: exit status {status}, it said:\n{shown}")
