"""Builds answers.c with the kernel for a processor, and runs it on this machine or under qemu."""

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
"""The flags of the extension that decide the bits of an answer."""
WARNINGS = ("-Wall", "-Wextra", "-Wcast-align", "-Werror")
TIMEOUT_SECONDS = 600
"""The first ``zig cc`` also compiles its C library, which takes minutes on a slow machine."""


@dataclass(frozen=True)
class Toolchain:
    """A C compiler. ``install`` is the command that installs it. ``required``: CI must have it."""

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
    # Clang with the C library musl, which wheels and static programs are built with.
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
    """A processor that qemu emulates. ``lacks`` has every tier of the build, with what the processor lacks for it."""

    name: str
    toolchain: str
    emulator: tuple[str, ...]
    lacks: Mapping[str, str]

    @property
    def tiers(self) -> list[str]:
        """The tiers that the processor runs, the best one last."""
        return [tier for tier, lacks in self.lacks.items() if not lacks]


def sources() -> list[str]:
    """The C files of the kernel, without the binding to Python."""
    return sorted(str(path) for path in CSRC.glob("*.c") if path.name != "python_module.c")


def require(program: str, install: str, required: bool = True) -> None:
    """Skips the test, with the reason, when a program is not installed. Fails instead when CI must have the program."""
    if shutil.which(program):
        return
    reason = f"{program} is not installed: {install}"
    if required and os.environ.get("CI"):
        pytest.fail(f"{reason}; CI is set, so this must not be skipped")
    pytest.skip(reason)


def compiler_of(name: str) -> tuple[str, ...]:
    """The command of a toolchain's compiler. Skips the test when it is not installed."""
    toolchain = TOOLCHAINS[name]
    if toolchain.compiler[0] == "zig" and not shutil.which("zig") and importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "cc")
    require(toolchain.compiler[0], toolchain.install, toolchain.required)
    return toolchain.compiler


def compile_with(name: str, *arguments: str) -> None:
    """Runs a toolchain's compiler with these arguments. Warnings are errors."""
    command = [*compiler_of(name), *FLAGS, *WARNINGS, *TOOLCHAINS[name].flags, f"-I{CSRC}", *arguments]
    run(command)


@functools.cache
def built(name: str, folder: Path, *more_flags: str) -> Path:
    """The program answers, built with a toolchain, once per test session."""
    program = folder / "-".join(["answers", name, *more_flags])
    compile_with(name, *more_flags, *sources(), str(PROGRAM), "-o", str(program))
    return program


def run(command: list[str], standard_input: bytes = b"") -> str:
    """The output of a command. Fails the test, with the output, when the command fails."""
    done = subprocess.run(command, input=standard_input, capture_output=True, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or "nothing"
        pytest.fail(f"{' '.join(command)[:400]}: exit status {done.returncode}, it said {said[-2000:]}")
    return done.stdout.decode()
