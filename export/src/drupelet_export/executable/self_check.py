"""Runs an executable's self-check: on this machine, or under qemu, which emulates the target's processor."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet.engines.native_engine import TIER_VARIABLE
from drupelet_export.executable.targets import Target

TIMEOUT_SECONDS = 600
"""A self-check takes seconds under qemu. One that takes minutes hangs."""
_LEFT_OUT = (TIER_VARIABLE, "QEMU_CPU")
"""Environment variables that would select another tier or processor than the target's."""


@dataclass(frozen=True)
class SelfCheck:
    """The outcome of an executable's own ``--verify``, or the reason why it could not run here.

    ``how`` says where it ran and ``report`` is the JSON document that it printed; both are None when it did not run, and
    ``reason`` says why. ``failures`` lists the checks that failed.
    """

    how: str | None
    report: dict[str, Any] | None
    failures: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def passed(self) -> bool:
        """True when it ran and every check passed."""
        return self.reason is None and not self.failures


def run_self_check(program: Path, target: Target) -> SelfCheck:
    """Runs ``--verify`` on this machine or, where that cannot run the executable, on an emulator of the target."""
    reasons = []
    for how, command in _ways(target):
        try:
            done = subprocess.run(
                [*command, str(program.resolve()), "--verify", "--json"],
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                env={name: value for name, value in os.environ.items() if name not in _LEFT_OUT},
            )
        except OSError as error:  # a file system that allows no execution, a kernel without 32-bit programs
            reasons.append(f"{how}: {error.strerror}")
            continue
        except subprocess.TimeoutExpired:
            return SelfCheck(how, None, (f"not finished after {TIMEOUT_SECONDS} s",))
        if not command and done.returncode == -signal.SIGILL:
            reasons.append(f"{how}: this processor lacks instructions of {target.cpu}")
            continue
        return _judged(how, done)
    wanted = f"this machine ({platform.machine()}) cannot run it; install {target.qemu} (apt install qemu-user-static)"
    return SelfCheck(None, None, reason="; ".join([*reasons, wanted]))


def _ways(target: Target) -> list[tuple[str, list[str]]]:
    """The ways to run an executable of that target here: a name for people, and the command in front of the program."""
    ways: list[tuple[str, list[str]]] = []
    if platform.machine() in target.runs_on:
        ways.append(("on this machine", []))
    for emulator in (f"{target.qemu}-static", target.qemu):
        if shutil.which(emulator):
            ways.append((f"under {emulator} -cpu {target.qemu_cpu}", [emulator, "-cpu", target.qemu_cpu]))
    return ways


def _judged(how: str, done: subprocess.CompletedProcess[bytes]) -> SelfCheck:
    said = done.stderr.decode(errors="replace").strip()
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return SelfCheck(how, None, (f"exit status {done.returncode}, it said {said[-500:] or 'nothing'}",))
    failures = tuple(report["failures"])
    if done.returncode != 0 and not failures:
        failures = (f"exit status {done.returncode}, it said {said[-500:] or 'nothing'}",)
    return SelfCheck(how, report, failures)
