"""Runs an executable's own check before anybody relies on it: on this machine, or under qemu's emulation of its target."""

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
"""Verifying takes seconds under qemu; one that takes minutes hangs."""
_LEFT_OUT = (TIER_VARIABLE, "QEMU_CPU")
"""Variables that would make it check another tier or processor than the one that is meant."""


@dataclass(frozen=True)
class SelfCheck:
    """The outcome of an executable's own ``--verify``, or the reason why it could not run here.

    ``how`` says where it ran; ``report`` is its JSON document; ``reason`` why there is none, ``failures`` what is wrong with
    one that ran.
    """

    how: str | None
    report: dict[str, Any] | None
    failures: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def passed(self) -> bool:
        """True when it ran and every check held."""
        return self.reason is None and not self.failures


def run_self_check(program: Path, target: Target) -> SelfCheck:
    """Runs ``--verify`` in each way that this machine has for the target, until one can run it."""
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
            return SelfCheck(how, None, (f"not done after {TIMEOUT_SECONDS} s",))
        if not command and done.returncode == -signal.SIGILL:
            reasons.append(f"{how}: this processor lacks instructions of {target.cpu}")
            continue
        return _judged(how, done)
    wanted = f"this machine ({platform.machine()}) cannot run it; install {target.qemu} (apt install qemu-user-static)"
    return SelfCheck(None, None, reason="; ".join([*reasons, wanted]))


def _ways(target: Target) -> list[tuple[str, list[str]]]:
    """The ways to run an executable of that target here: what to call them, and what stands before the program."""
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
