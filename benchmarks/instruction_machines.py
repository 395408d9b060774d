"""The machines whose instructions are counted: how the kernel is built for each, and what counts there."""

from __future__ import annotations

import ast
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.instruction_counters import CountingError, under_qemu, under_valgrind
from benchmarks.machine import describe_machine

RUNTIME = Path(__file__).parents[1] / "runtime"
PROGRAM = Path(__file__).with_name("instruction_workloads.c")
KERNEL = RUNTIME / "backend" / "drupelet_build" / "kernel.py"
"""The module that compiles the kernel of a wheel."""
TARGET_FLAGS = ("-static",)
VALGRIND = "valgrind"


@dataclass(frozen=True)
class Machine:
    """A kind of processor. ``triple`` and ``cpu`` are zig's names for what the wheel runs on, but for the C library.

    ``counter`` is valgrind, or the qemu that emulates it. ``processors``: for each tier that is counted, qemu's name of a
    processor that runs it.
    """

    name: str
    triple: str
    cpu: str
    counter: str
    processors: Mapping[str, str]


MACHINES = (
    # valgrind 3.19 knows no AVX-512 and no AVX-VNNI, and neither does qemu 7.2.
    Machine("x86-64", "x86_64-linux-musl", "x86_64", VALGRIND, {"scalar": "", "avx2": ""}),
    Machine(
        "aarch64",
        "aarch64-linux-musl",
        "generic",
        "qemu-aarch64-static",
        {"neon": "cortex-a72", "neondot": "cortex-a76"},
    ),
    Machine("armv7", "arm-linux-musleabihf", "generic+v7a", "qemu-arm-static", {"neon": "cortex-a7"}),
    Machine("armv6", "arm-linux-musleabihf", "arm1176jzf_s", "qemu-arm-static", {"scalar": "arm1176"}),
)
"""A C library of zig's, linked statically, has the same code everywhere; that of a system chooses by its processor."""


def lacks(machine: Machine, tier: str) -> str | None:
    """Why a tier cannot be counted here; None when it can."""
    here = f"{platform.system()} on {platform.machine()}"
    if platform.system() != "Linux":
        return f"this is {here}; instructions are counted on Linux"
    if not shutil.which(machine.counter):
        package = VALGRIND if machine.counter == VALGRIND else "qemu-user-static"
        return f"{machine.counter} is not installed: apt install {package}"
    if machine.counter == VALGRIND and platform.machine() != "x86_64":
        return f"this is {here}; valgrind runs programs of its own processor alone"
    if tier == "avx2" and "avx2" not in describe_machine()["features"]:
        return "this processor lacks AVX2, which valgrind needs for it"
    return None


def zig_version() -> str:
    """The version of the compiler, which constraints.txt pins."""
    return version("ziglang")


def counter_versions() -> dict[str, str]:
    """The version of each program that counts."""
    counters = dict.fromkeys(machine.counter for machine in MACHINES)
    return {counter: version_in(subprocess.check_output([counter, "--version"], text=True)) for counter in counters}


def version_in(said: str) -> str:
    """The version in what ``--version`` prints: ``valgrind-3.19.0``, or ``qemu-arm version 7.2.22 (Debian ...)``."""
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else said.strip()


def build(machine: Machine, folder: Path) -> Path:
    """Compiles the kernel with the flags of the wheel, and the program of the workloads. Raises CalledProcessError."""
    build_of_wheel = assignments(KERNEL.read_text(encoding="utf-8"))
    compiler = (sys.executable, "-m", "ziglang", "cc", "-target", machine.triple, f"-mcpu={machine.cpu}", *TARGET_FLAGS)
    command = [*compiler, *build_of_wheel["FLAGS"], *build_of_wheel["LINUX_FLAGS"]]
    fast: Mapping[str, list[str]] = build_of_wheel["FAST"]
    small = {path.stem for path in RUNTIME.glob("csrc/*.c")}.difference(["python_module"], *fast.values())
    program = folder / f"workloads-{machine.name}"
    objects: list[Path] = []
    for level, names in [*fast.items(), ("-Os", sorted(small))]:  # a command has one level for all of its files
        objects.append(folder / f"{machine.name}{len(objects)}.o")
        sources = [f"csrc/{name}.c" for name in names]  # relative, so that zig finds what it compiled before
        subprocess.run([*command, *level.split(), "-r", *sources, "-o", objects[-1]], cwd=RUNTIME, check=True)
    subprocess.run([*command, "-O2", "-Icsrc", PROGRAM, *objects, "-o", program], cwd=RUNTIME, check=True)
    return program


def assignments(module: str) -> dict[str, Any]:
    """The literals that a module assigns to names."""
    found = {}
    for node in ast.parse(module).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # an expression
    return found


def count(machine: Machine, tier: str, program: Path, folder: Path) -> dict[str, int]:
    """The instructions of each workload on a tier. ``folder`` has the files of write_workloads. Raises CountingError."""
    command = [str(program), tier]
    if machine.counter == VALGRIND:
        printed, counts = under_valgrind(command, folder)
    else:
        printed, counts = under_qemu([machine.counter, "-cpu", machine.processors[tier]], command, folder)
    return by_workload(printed, counts)


def by_workload(printed: list[str], counts: list[int]) -> dict[str, int]:
    """The instructions of each name that the program printed. ``NAME STEPS`` twice becomes those of one step.

    Raises CountingError unless each line has its count.
    """
    if len(printed) != len(counts) or 0 in counts:
        raise CountingError(f"the program ran {printed} and was counted {counts}; expected a count for each")
    found: dict[str, int] = {}
    steps: dict[str, tuple[int, int]] = {}
    for line, instructions in zip(printed, counts, strict=True):
        name, _, number = line.partition(" ")
        if name in steps:
            few, of_few = steps[name]
            found[name] = round((instructions - of_few) / (int(number) - few))
        elif number:
            steps[name] = int(number), instructions
        else:
            found[name] = instructions
    return found
