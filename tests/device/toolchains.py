"""Builds answers.c with the kernel for a processor, and runs it there or under qemu's emulation of it."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CSRC = ROOT / "runtime" / "csrc"
PROGRAM = Path(__file__).with_name("answers.c")
FLAGS = ("-std=c11", "-O3", "-ffp-contract=off")
"""Those of runtime/setup.py that decide what is computed."""
WARNINGS = ("-Wall", "-Wextra", "-Wcast-align", "-Werror")
TIMEOUT_SECONDS = 600
"""A first ``zig cc`` compiles its C library too, on a slow machine for minutes."""


@dataclass(frozen=True)
class Toolchain:
    """A C compiler; ``install`` is what brings it, ``required`` whether CI must have it."""

    compiler: tuple[str, ...]
    install: str
    flags: tuple[str, ...] = ()
    required: bool = True


ZIG = "pip install ziglang"
TOOLCHAINS: Mapping[str, Toolchain] = {
    "host": Toolchain(("cc",), "apt install gcc"),
    "aarch64": Toolchain(
        ("aarch64-linux-gnu-gcc",), "apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross", ("-static",)
    ),
    "armv7": Toolchain(
        ("arm-linux-gnueabihf-gcc",), "apt install gcc-arm-linux-gnueabihf libc6-dev-armhf-cross", ("-static",)
    ),
    # Clang, and the C library musl: what wheels and static programs are built with.
    "aarch64-zig": Toolchain(("zig", "cc"), ZIG, ("-static", "-target", "aarch64-linux-musl"), required=False),
    "armv7-zig": Toolchain(
        ("zig", "cc"), ZIG, ("-static", "-target", "arm-linux-musleabihf", "-mcpu=generic+v7a"), required=False
    ),
    "armv6-zig": Toolchain(
        ("zig", "cc"), ZIG, ("-static", "-target", "arm-linux-musleabihf", "-mcpu=arm1176jzf_s"), required=False
    ),
}


@dataclass(frozen=True)
class Machine:
    """A processor as qemu emulates it; ``lacks`` names every tier of the build, and what is missing for it."""

    name: str
    toolchain: str
    emulator: tuple[str, ...]
    lacks: Mapping[str, str]

    @property
    def tiers(self) -> list[str]:
        """The tiers that it runs, best last."""
        return [tier for tier, lacks in self.lacks.items() if not lacks]


def sources() -> list[str]:
    """The C files of the kernel, without the binding to Python."""
    return sorted(str(path) for path in CSRC.glob("*.c") if path.name != "python_module.c")


def require(program: str, install: str, required: bool = True) -> None:
    """Skips the test, saying why, when a program is not there; where CI must have it, fails."""
    if shutil.which(program):
        return
    reason = f"{program} is not installed: {install}"
    if required and os.environ.get("CI"):
        pytest.fail(f"{reason}; CI is set, so this must not be skipped")
    pytest.skip(reason)


def compiler_of(name: str) -> tuple[str, ...]:
    """The command of a toolchain's compiler, or the test is skipped."""
    toolchain = TOOLCHAINS[name]
    if toolchain.compiler[0] == "zig" and not shutil.which("zig") and importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "cc")
    require(toolchain.compiler[0], toolchain.install, toolchain.required)
    return toolchain.compiler


def compile_with(name: str, *arguments: str) -> None:
    """Runs a toolchain's compiler on these arguments, warnings being errors."""
    command = [*compiler_of(name), *FLAGS, *WARNINGS, *TOOLCHAINS[name].flags, f"-I{CSRC}", *arguments]
    run(command)


@functools.cache
def built(name: str, folder: Path, *more_flags: str) -> Path:
    """The program answers, built with a toolchain; once a test session."""
    program = folder / "-".join(["answers", name, *more_flags])
    compile_with(name, *more_flags, *sources(), str(PROGRAM), "-o", str(program))
    return program


def run(command: list[str], standard_input: bytes = b"") -> str:
    """What a command prints. One that fails fails the test with all that it said."""
    done = subprocess.run(command, input=standard_input, capture_output=True, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or "nothing"
        pytest.fail(f"{' '.join(command)[:400]}: exit status {done.returncode}, it said {said[-2000:]}")
    return done.stdout.decode()
