"""Peers in fresh processes: the time to the first label, and memory, both above a Python that only starts."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.compare.child import PACKAGE, ROOT, quiet_environment
from benchmarks.compare.failure import PeerError, reason_of
from benchmarks.compare.peers import Peer
from benchmarks.fresh_process import FIRST_TEXT, MEMORY_EPILOGUE, parse_smaps


def bare_program(core: int) -> str:
    """What every program begins with: one core, and the packages of the comparison, without a peer."""
    return f"import os, sys\nos.sched_setaffinity(0, {{{core}}})\nsys.path.insert(0, {str(ROOT)!r})\nimport {PACKAGE}\n"


def first_program(peer: Peer, folder: Path, core: int) -> str:
    """A program that imports a peer's library, loads its model, and labels one text."""
    return (
        f"{bare_program(core)}from {PACKAGE}.{peer.module} import load\n"
        f"answerer = load({str(folder)!r}, {peer.variant!r}, 1)\n"
        f"answerer.label(answerer.prepare({FIRST_TEXT!r}))\n"
    )


def memory_program(first: str, texts: Path | None) -> str:
    """A program that prints its memory in the end; with ``texts``, after it labelled every line of that file."""
    lines = ""
    if texts is not None:
        lines = (
            f"for line in open({str(texts)!r}, encoding='utf-8', newline='\\n'):\n"
            "    answerer.label(answerer.prepare(line[:-1]))\n"
        )
    return f"{first}{lines}{MEMORY_EPILOGUE}\n"


def run_program(python: Path, program: str, limit_s: float) -> str:
    """The output of a program. Raises PeerError."""
    command: list[str | Path] = [python, "-P", "-c", program]
    try:
        done = subprocess.run(
            command, env=quiet_environment(1), cwd="/", check=True, capture_output=True, text=True, timeout=limit_s
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise PeerError(reason_of(error)) from error
    return done.stdout


def start_ms(python: Path, program: str, limit_s: float) -> float:
    """The milliseconds of a program from start to end."""
    start = time.perf_counter_ns()
    run_program(python, program, limit_s)
    return (time.perf_counter_ns() - start) / 1e6


def memory_mb(python: Path, program: str, limit_s: float) -> float:
    """The resident memory that a program prints, in MB (powers of ten)."""
    return parse_smaps(run_program(python, program, limit_s))["Rss"] * 1024 / 1e6


def above_bare(
    repeats: int,
    uncounted: int,
    figure: Callable[[Path, str], float],
    programs: Mapping[str, tuple[Path, str]],
    bare: str,
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """By name, a figure of each program above that of ``bare`` on the same Python; and the reasons of those that failed.

    All programs take turns. The first ``uncounted`` runs of each do not count. The median of the bare program is subtracted.
    """
    pythons = {python for python, _ in programs.values()}
    bares: dict[Path, list[float]] = {python: [] for python in pythons}
    taken: dict[str, list[float]] = {name: [] for name in programs}
    failed: dict[str, str] = {}
    for repeat in range(-uncounted, repeats):
        for python in pythons:
            found = figure(python, bare)
            if repeat >= 0:
                bares[python].append(found)
        for name, (python, program) in programs.items():
            if name in failed:
                continue
            try:
                found = figure(python, program)
            except PeerError as error:
                failed[name] = str(error)
                continue
            if repeat >= 0:
                taken[name].append(found)
    medians = {python: statistics.median(found) for python, found in bares.items()}
    return {
        name: [found - medians[programs[name][0]] for found in all_found]
        for name, all_found in taken.items()
        if name not in failed
    }, failed
