"""Measures what threads are worth to ``drupelet predict``: ``python -m benchmarks.threads BUNDLE TEXTS [--lines N]``.

The lines of TEXTS are repeated up to so many, and answered from a file and from stdin, with one thread and with several in
turn. Times are those of the whole command. The figure is the ratio of the best ones: other work on the machine adds time.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import describe_machine

LINES = 200_000
ROUNDS = 3


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 1 when threads change an answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path, help="a bundle, or a .drupelet file")
    parser.add_argument("texts", type=Path, help="texts, one a line")
    parser.add_argument("--lines", type=int, default=LINES, help=f"lines to answer (default: {LINES})")
    parser.add_argument("--threads", type=int, default=2, help="threads to compare with one (default: 2)")
    options = parser.parse_args(arguments)
    if options.threads < 2:
        parser.error(f"--threads {options.threads}: expected at least 2, to compare with one")
    machine = describe_machine()
    print(f"{machine['cpu']}, family {machine['cpu_family']}, model {machine['cpu_model']}; {machine['cores']} cores")
    same = True
    with tempfile.TemporaryDirectory(prefix="drupelet-threads-") as scratch:
        lines = Path(scratch, "lines")
        repeat_lines(options.texts, lines, options.lines)
        command = [sys.executable, "-m", "drupelet", "predict", str(options.bundle)]
        for name, source in (("file", ["--file", str(lines)]), ("stdin", ["-"])):
            best = {1: float("inf"), options.threads: float("inf")}
            printed = set()
            for _, threads in itertools.product(range(ROUNDS), best):
                seconds, out = time_command([*command, "--threads", str(threads), *source], lines)
                best[threads] = min(best[threads], seconds)
                printed.add(out)
            same = same and len(printed) == 1
            one, several = best.values()
            print(f"{name}: {one:.2f} s with one thread, {several:.2f} s with {options.threads}: {one / several:.2f} x")
    print("every answer is the same" if same else "answers differ")
    return 0 if same else 1


def repeat_lines(texts: Path, path: Path, count: int) -> None:
    """Writes the lines of a file, over and over, up to so many."""
    lines = texts.read_bytes().splitlines(keepends=True)
    with path.open("wb") as file:
        file.writelines(itertools.islice(itertools.cycle(lines), count))


def time_command(command: Sequence[str], stdin: Path) -> tuple[float, bytes]:
    """The seconds that a command takes, and its output."""
    with stdin.open("rb") as file:
        start = time.perf_counter()
        done = subprocess.run(command, stdin=file, check=True, capture_output=True)
        return time.perf_counter() - start, done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
