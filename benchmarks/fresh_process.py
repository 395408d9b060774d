"""Measures systems in fresh processes: the time from start to the first answer, and memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BARE = "pass"
"""The program that does nothing. All other programs are compared with it."""

SMAPS = ("Rss", "Pss", "Private_Clean", "Private_Dirty", "Anonymous")

MEMORY_EPILOGUE = "print(open('/proc/self/smaps_rollup').read())"

FIRST_TEXT = "a quiet, wonderful film"


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs programs. ``libraries`` are further folders to import from."""

    executable: Path
    libraries: tuple[Path, ...] = ()

    def run(self, program: str) -> str:
        """The output of a program. Raises CalledProcessError with its stderr in a note when it fails."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        if self.libraries:
            environment["PYTHONPATH"] = os.pathsep.join(map(str, self.libraries))
        try:
            done = subprocess.run(
                [self.executable, "-c", program], env=environment, cwd="/", check=True, capture_output=True, text=True
            )
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr)
            raise
        return done.stdout


def drupelet_program(bundle: Path, engine: str, scheme: str) -> str:
    """The lines of Python that import and load a classifier, under the name ``answer``."""
    return f"import drupelet\nanswer = drupelet.load({str(bundle)!r}, engine={engine!r}, scheme={scheme!r})\n"


def fasttext_program(model: Path) -> str:
    """The lines of Python that import and load fastText, under the name ``answer``."""
    return f"import fasttext\nanswer = fasttext.load_model({str(model)!r}).predict\n"


def start_times_ms(programs: Mapping[str, tuple[Interpreter, str]], repeats: int) -> dict[str, list[float]]:
    """The milliseconds from start to end of each program, ``repeats`` times, with the programs in turn.

    One earlier run of each does not count: it fills the page cache and writes byte code.
    """
    times: dict[str, list[float]] = {name: [] for name in programs}
    for interpreter, program in programs.values():
        interpreter.run(program)
    for _ in range(repeats):
        for name, (interpreter, program) in programs.items():
            start = time.perf_counter_ns()
            interpreter.run(program)
            times[name].append((time.perf_counter_ns() - start) / 1e6)
    return times


def first_answer(load: str) -> str:
    """A program that loads and answers one text."""
    return f"{load}answer({FIRST_TEXT!r})\n"


def many_answers(load: str, texts: Path) -> str:
    """A program that loads and answers the texts of a file line by line, so that the texts take no memory."""
    return f"{load}for line in open({str(texts)!r}, encoding='utf-8', newline='\\n'):\n    answer(line[:-1])\n"


def memory_kib(programs: Mapping[str, tuple[Interpreter, str]], repeats: int) -> dict[str, dict[str, float]]:
    """The memory of each program at its end, in KiB: the medians of some fields of /proc/self/smaps_rollup."""
    samples: dict[str, list[dict[str, int]]] = {name: [] for name in programs}
    for _ in range(repeats):
        for name, (interpreter, program) in programs.items():
            samples[name].append(parse_smaps(interpreter.run(f"{program}\n{MEMORY_EPILOGUE}")))
    return {
        name: {field: statistics.median(sample[field] for sample in taken) for field in SMAPS}
        for name, taken in samples.items()
    }


def parse_smaps(printed: str) -> dict[str, int]:
    """The fields in SMAPS, in KiB, from the text of smaps_rollup."""
    lines = (line.split() for line in printed.splitlines())
    found = {words[0].removesuffix(":"): int(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}
    return {field: found[field] for field in SMAPS}
