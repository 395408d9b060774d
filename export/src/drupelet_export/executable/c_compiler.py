"""Zig's C compiler, which brings a C library for every target: one download instead of a toolchain for each board."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from drupelet.errors import InputError
from drupelet_export.executable.sources import FLAGS, INCLUDES, LINK_FLAGS, SIZE_FLAGS, source_groups
from drupelet_export.executable.targets import Target

TIMEOUT_SECONDS = 1800
"""The first build for a target also compiles its C library: a minute on a workstation, many minutes on a small machine."""
SHOWN_LINES = 8
"""Maximum lines of a C compiler's message that an error shows."""


def find_compiler() -> tuple[str, ...]:
    """The command of zig's C compiler. Raises InputError when there is none."""
    if importlib.util.find_spec("ziglang") is not None:
        return (sys.executable, "-m", "ziglang", "cc")
    program = shutil.which("zig")
    if program is not None:
        return (program, "cc")
    raise InputError(
        'no compiler: expected zig; install it with pip install "drupelet-export[compile]", or write the sources with --emit c '
        "and build them with a compiler of your own"
    )


def build_folder(compiler: tuple[str, ...], folder: Path, target: Target, program: str) -> None:
    """Builds ``program`` in a folder that write_sources filled.

    Raises InputError with the first lines of the compiler's message. Paths are relative, so that zig reuses the objects of
    earlier builds and the executable does not depend on the folder's name.
    """
    flags = ["-target", target.triple, f"-mcpu={target.cpu}", "-static", *FLAGS, *SIZE_FLAGS, *INCLUDES]
    *fast, (small, rest) = source_groups().items()
    objects = []
    for number, (speed, names) in enumerate(fast):  # a command has one speed for all of its files
        objects.append(f"fast{number}.o")
        _run([*compiler, *flags, *speed, "-r", *names, "-o", objects[-1]], folder, compiler, target)
    _run(
        [*compiler, *flags, *small, *LINK_FLAGS, "embedded.S", *rest, *objects, "-o", program], folder, compiler, target
    )
    if not (folder / program).is_file():
        raise InputError(f"{' '.join(compiler)}: wrote no program for target {target.name}; install zig again")


def _run(command: list[str], folder: Path, compiler: tuple[str, ...], target: Target) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=TIMEOUT_SECONDS)
    except OSError as error:
        raise InputError(
            f"{compiler[0]}: the compiler cannot be started ({error.strerror}); install zig again, or use --emit c"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"{' '.join(compiler)}: not finished after {TIMEOUT_SECONDS} s; try again on a less busy machine, or use --emit c"
        ) from error
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["(it said nothing)"]
        raise InputError(
            f"{' '.join(compiler)}: failed for target {target.name}, exit status {done.returncode}; it said:\n"
            + "\n".join(f"  {line}" for line in lines[:SHOWN_LINES])
        )
