"""Diagnosis of a C kernel that cannot be imported: it was not built, was built for another machine, or is broken."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
REBUILD = "pip install --force-reinstall --no-binary drupelet drupelet"
COMPILERS = ("cc", "gcc", "clang")

ELF_MACHINES = {3: "x86", 8: "mips", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv"}
"""Processors by their number in an ELF header (``e_machine``)."""
SELF = Path("/proc/self/exe")
"""The program of this Python, on Linux. A library has to be built for the same processor, whatever the kernel is."""


def why_no_kernel(error: ImportError) -> str:
    """A sentence about the error of ``import drupelet._native``, with the next step."""
    kernel = "the C kernel drupelet._native"
    files = sorted(PACKAGE.glob("_native*.so")) + sorted(PACKAGE.glob("_native*.pyd"))
    if not files:
        return f"{kernel} is not there: it was not built when drupelet was installed; {_how_to_build()}"
    file = files[0]
    built_for, here = _elf_machine(file), _elf_machine(SELF)
    if built_for is not None and here is not None and built_for != here:
        return (
            f"{kernel} is for another processor: {file.name} is built for {built_for}, this Python for {here}; install "
            "drupelet on this machine: pip install --force-reinstall --no-cache-dir drupelet"
        )
    if isinstance(error, ModuleNotFoundError):
        return f"{kernel} is for another Python: {sys.implementation.name} here does not load {file.name} ({error}); {REBUILD}"
    return f"{kernel} cannot be loaded ({error}); build it on this machine: {REBUILD}"


def _how_to_build() -> str:
    if os.name == "nt":
        return (
            "a wheel for Windows on x86-64 with Python 3.10 or newer has it (make other-wheels); or pip install drupelet[onnx] "
            "and use that engine"
        )
    named = shlex.split(os.environ.get("CC", ""))[:1]
    if not any(shutil.which(compiler) for compiler in (*named, *COMPILERS)):
        return f"there is no C compiler here: apt install gcc python3-dev, then {REBUILD}"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.exists():
        return f"there is a C compiler but no {header}: apt install python3-dev, then {REBUILD}"
    return f"there is a C compiler now, so build it: {REBUILD}"


def _elf_machine(file: Path) -> str | None:
    """The processor and the address width that an ELF file is built for; None for any other file."""
    try:
        with file.open("rb") as stream:
            header = stream.read(20)
    except OSError:  # no /proc, or no right to read it: the error of the loader has to do
        return None
    if len(header) < 20 or header[:4] != b"\x7fELF":
        return None
    bits = {1: 32, 2: 64}.get(header[4])
    order = "big" if header[5] == 2 else "little"
    number = int.from_bytes(header[18:20], "big" if header[5] == 2 else "little")
    return f"{ELF_MACHINES.get(number, f'machine {number}')} ({bits}-bit, {order}-endian)"
