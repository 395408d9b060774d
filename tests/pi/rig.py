"""Runs the whole rig, roots x boards x environments: builds missing roots, installs, tries every engine, and judges."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drupelet.version import __version__
from pi.environments import FOLDER, INSTALLABLE, InstallationError, Installed, install
from pi.inbox import fill_inbox
from pi.outcome import WORKSTATION, Outcome, Row, judged
from pi.places import Board, Place, Workstation
from pi.processors import PROCESSORS
from pi.roots import Root, ready_root
from pi.rounds import NO_DIAGNOSIS, Diagnosis, Finding, RoundError, broken, diagnose, memory_mb, play

FAULTS = (InstallationError, RoundError, subprocess.SubprocessError, OSError)
"""Errors of one place that do not stop the other places. They become failed rows."""
PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Ready:
    """An installed environment, and doctor's diagnosis of it. All boards of a root share it."""

    installed: Installed
    diagnosis: Diagnosis


@dataclass(frozen=True)
class Round:
    """An environment to try on a board. ``ready`` is an error message when the installation failed."""

    root: str
    board: str
    environment: str
    place: Place
    ready: Ready | str


@dataclass(frozen=True)
class Played:
    """A round and its findings."""

    round: Round
    findings: Sequence[Finding]
    memory_mb: float | None = None


def run_rig(
    wheels: Path,
    packages: Path,
    cache: Path,
    roots: Sequence[Root],
    memory: bool,
    progress: Callable[[str], None],
) -> Outcome:
    """Tries every environment of every root on each of its boards, and on the workstation, with which the others are compared.

    ``wheels`` and ``packages``: the folders with our wheels and with our Debian packages. ``memory``: also measure the memory
    of each engine on the workstation.
    """
    began = time.monotonic()

    def timed(line: str) -> None:
        progress(f"{time.monotonic() - began:5.0f} s  {line}")

    inbox = cache / "inbox"
    timed("copying wheels, packages and bundles")
    fill_inbox(inbox, wheels, packages)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        preparing = [pool.submit(_on_root, root, cache, inbox, timed) for root in roots]
        preparing.append(pool.submit(_on_workstation, cache, inbox, timed))
        rounds = [one for future in preparing for one in future.result()]
        played = list(pool.map(lambda one: _played(one, timed), rounds))
    if memory:
        timed("measuring memory")
        played = [_with_memory(one) for one in played]
    timed("done")
    return outcome_of(played)


def _on_workstation(cache: Path, inbox: Path, progress: Callable[[str], None]) -> list[Round]:
    place = Workstation(inbox)
    return [
        Round(
            WORKSTATION,
            WORKSTATION,
            name,
            place,
            _ready(name, place, str(cache / WORKSTATION), sys.executable, progress),
        )
        for name in INSTALLABLE[WORKSTATION]
    ]


def _on_root(root: Root, cache: Path, inbox: Path, progress: Callable[[str], None]) -> list[Round]:
    """The rounds of a root. An environment is installed once, under one processor, and used by all boards of the root."""
    try:
        folder = ready_root(root, cache, progress)
    except FAULTS as error:
        said = f"debootstrap: {error}: {getattr(error, 'output', '')}"
        return [Round(root.name, root.boards[0], "debootstrap", Workstation(inbox), said)]
    places = {board: Board(folder, PROCESSORS[board], _cpuinfo(board, cache), inbox) for board in root.boards}
    rounds = []
    for name in INSTALLABLE[root.name]:
        ready = _ready(name, places[root.boards[0]], FOLDER, PYTHON, progress)
        rounds += [Round(root.name, board, name, place, ready) for board, place in places.items()]
    return rounds


def _cpuinfo(board: str, cache: Path) -> Path:
    path = cache / f"{board}.cpuinfo"
    path.write_text(PROCESSORS[board].cpuinfo)
    return path


def _ready(name: str, place: Place, folder: str, python: str, progress: Callable[[str], None]) -> Ready | str:
    progress(f"{place.name}: installing {name}")
    try:
        installed = install(name, place, folder, python)
        return Ready(installed, diagnose(installed, place))
    except FAULTS as error:
        return str(error)


def _played(one: Round, progress: Callable[[str], None]) -> Played:
    if isinstance(one.ready, str):
        return Played(one, broken(one.environment, one.ready))
    progress(f"{one.place.name}: testing {one.environment}")
    try:
        return Played(one, play(one.environment, one.ready.installed, one.ready.diagnosis, one.place))
    except FAULTS as error:
        return Played(one, broken(one.environment, str(error)))


def _with_memory(one: Played) -> Played:
    """The round with its memory, on the workstation only: under emulation it would include the emulator's."""
    ready = one.round.ready
    if one.round.root != WORKSTATION or isinstance(ready, str):
        return one
    return replace(one, memory_mb=memory_mb(one.round.environment, ready.installed, one.round.place))


def outcome_of(played: Sequence[Played]) -> Outcome:
    """A row for every finding, compared with the workstation's, and doctor's reasons for engines that cannot run in a root."""
    references = [finding for one in played if one.round.root == WORKSTATION for finding in one.findings]
    rows = [_row(one, finding, references) for one in played for finding in one.findings]
    absent: dict[str, dict[str, str]] = {}
    for one in played:
        reasons = absent.setdefault(one.round.root, {})
        said = _diagnosis(one.round).reasons
        reasons.update((engine, reason) for engine, reason in said.items() if reason is not None)
    return Outcome(tuple(rows), absent, {"drupelet": __version__, "qemu": _qemu_version()})


def _diagnosis(one: Round) -> Diagnosis:
    return NO_DIAGNOSIS if isinstance(one.ready, str) else one.ready.diagnosis


def _row(one: Played, finding: Finding, references: Sequence[Finding]) -> Row:
    difference, failures = judged(finding, references)
    ready = one.round.ready
    return Row(
        root=one.round.root,
        board=one.round.board,
        python=_diagnosis(one.round).python,
        machine=_diagnosis(one.round).machine,
        environment=finding.environment,
        engine=finding.engine,
        library=finding.library,
        tier=finding.tier,
        installed_bytes=0 if isinstance(ready, str) else ready.installed.installed_bytes,
        memory_mb=one.memory_mb,
        n=finding.n,
        flips=finding.flips,
        max_difference=finding.max_difference,
        difference_to_x86_64=difference,
        failures=failures,
    )


def _qemu_version() -> str:
    said = subprocess.run(["qemu-aarch64-static", "--version"], check=True, capture_output=True, text=True).stdout
    return said.splitlines()[0].removeprefix("qemu-aarch64 version ")
