"""What a system costs that starts from nothing: time to its first answer, and memory, each in processes of their own."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BARE = "pass"
"""The program that does nothing: what everything is compared with."""

SMAPS = ("Rss", "Pss", "Private_Clean", "Private_Dirty", "Anonymous")

MEMORY_EPILOGUE = "print(open('/proc/self/smaps_rollup').read())"

FIRST_TEXT = "a quiet, wonderful film"


@dataclass(frozen=True)
class Interpreter:
    """A Python to start programs with. ``libraries`` are folders to import from besides its own."""

    executable: Path
    libraries: tuple[Path, ...] = ()

    def run(self, program: str) -> str:
        """What a program prints. Raises CalledProcessError, with what it wrote to stderr in a note, when it fails."""
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
    """The lines that import and load; the classifier is then called ``answer``."""
    return f"import drupelet\nanswer = drupelet.load({str(bundle)!r}, engine={engine!r}, scheme={scheme!r})\n"


def fasttext_program(model: Path) -> str:
    """The same for fastText."""
    return f"import fasttext\nanswer = fasttext.load_model({str(model)!r}).predict\n"


def start_times_ms(programs: Mapping[str, tuple[Interpreter, str]], repeats: int) -> dict[str, list[float]]:
    """How long each program took from its start to its end, in milliseconds; all in turn, ``repeats`` times.

    One run of each goes before and does not count: it fills the page cache and writes byte code.
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
    """A program that loads and answers the texts of a file, a line at a time, so that they take no memory themselves."""
    return f"{load}for line in open({str(texts)!r}, encoding='utf-8', newline='\\n'):\n    answer(line[:-1])\n"


def memory_kib(programs: Mapping[str, tuple[Interpreter, str]], repeats: int) -> dict[str, dict[str, float]]:
    """The memory of each program when it is done, in KiB: the medians of some fields of /proc/self/smaps_rollup."""
    samples: dict[str, list[dict[str, int]]] = {name: [] for name in programs}
    for _ in range(repeats):
        for name, (interpreter, program) in programs.items():
            samples[name].append(parse_smaps(interpreter.run(f"{program}\n{MEMORY_EPILOGUE}")))
    return {
        name: {field: statistics.median(sample[field] for sample in taken) for field in SMAPS}
        for name, taken in samples.items()
    }


def parse_smaps(printed: str) -> dict[str, int]:
    """The fields of SMAPS in KiB, from the text of smaps_rollup."""
    lines = (line.split() for line in printed.splitlines())
    found = {words[0].removesuffix(":"): int(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}
    return {field: found[field] for field in SMAPS}
