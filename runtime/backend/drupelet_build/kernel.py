"""Compiles the C kernel, ``drupelet._native``, for this system or, with another compiler in ``CC``, for another one.

Tiers of instructions are chosen in the sources (``csrc/target.h``), so one set of flags serves all of them. ``CC``, ``CFLAGS``
and ``LDFLAGS`` are heeded, on a Mac also ``ARCHFLAGS``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

FLAGS = [
    "-std=c11",
    "-ffp-contract=off",  # bits must not depend on the compiler: no fused multiply-add (docs/decisions)
    "-fvisibility=hidden",
    "-pthread",
    "-fPIC",
    "-fwrapv",
    "-DNDEBUG",
    "-Werror=implicit-function-declaration",  # a function that this Python's headers lack would return half a pointer
]
# Tables for exceptions, which C does not throw, are a twentieth of the extension.
LINUX_FLAGS = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"]

FAST = {
    "-O3": [
        "avx2",
        "avx512vnni",
        "avxvnni",
        "convolve",
        "crc32",
        "encode",
        "neon",
        "neondot",
        "op_normalization",
        "op_reduce",
        "op_scale_shift",
        "op_window_pool",
        "packing",
        "scalar",
        "support",
        "text_steps",
    ],
    "-O2": [
        "activations",
        "cut_avx2",
        "cut_avx512",
        "cut_neon",
        "cut_scalar",
        "fast_filter",
        "op_attention",
        "op_softmax",
        "sha256",
        "softmax_row",
        "vocabulary",
    ],
    "-O2 -fno-unroll-loops": ["embedding_rows", "network", "run_recurrent"],
}
"""Sources that texts pass through are compiled for speed, all others for size. At -O3 run_recurrent.c has twice the code, and
runs within 3 % of the same number of instructions; clang unrolls loops at -O2 as well."""
SMALL = "-Os"
THIRTY_TWO_BITS = {"linux_aarch64": "linux_armv7l", "linux_x86_64": "linux_i686"}
"""Platforms of a kernel, as uname has them, to those of a 32-bit Python that it runs."""


class KernelError(Exception):
    """The kernel cannot be compiled. The message says why."""


@dataclass(frozen=True)
class Target:
    """A system to build for. ``platform`` is the last part of a wheel's tag, such as ``linux_armv6l``."""

    platform: str

    @classmethod
    def of_this_machine(cls) -> Target:
        """The system of the Python that runs."""
        platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
        is_short = sysconfig.get_config_var("SIZEOF_VOID_P") == 4
        return cls(THIRTY_TWO_BITS.get(platform, platform) if is_short else platform)

    @property
    def is_windows(self) -> bool:
        """Whether extensions are DLLs."""
        return self.platform.startswith("win")

    @property
    def is_mac(self) -> bool:
        """Whether extensions are bundles."""
        return self.platform.startswith("macosx")

    @property
    def is_linux(self) -> bool:
        """Whether extensions are ELF files of Linux, with glibc or musl."""
        return "linux_" in self.platform or "linux2014_" in self.platform

    @property
    def oldest_python(self) -> str:
        """The Python whose stable ABI the kernel needs, as a wheel's tag has it. Windows' python3.dll has nothing newer."""
        return "cp310" if self.is_windows else "cp39"

    @property
    def extension(self) -> str:
        """The name of the kernel's file; every Python from 3.9 on finds it."""
        return "_native.pyd" if self.is_windows else "_native.abi3.so"


def built_by_zig() -> bool:
    """Whether zig is the C compiler (build_wheels.py)."""
    return "ziglang" in os.environ.get("CC", "")


def compile_kernel(root: Path, target: Target) -> bytes:
    """The bytes of the extension, compiled from ``root/csrc``. Raises KernelError."""
    compiler = compiler_command()
    environment = environment_of(target)
    flags = [*FLAGS, *(LINUX_FLAGS if target.is_linux else []), *architectures(target), *from_environment("CFLAGS")]
    headers = dict.fromkeys(sysconfig.get_path(name) for name in ("include", "platinclude"))
    includes = [f"-I{folder}" for folder in headers]
    sources = list(sources_by_level(root))
    with tempfile.TemporaryDirectory() as folder:
        objects = [str(Path(folder, f"{source.stem}.o")) for source, _ in sources]

        def compile_one(source: Path, level: str, compiled: str) -> None:
            options = [*flags, *includes, *level.split(), "-c", f"csrc/{source.name}", "-o", compiled]
            run([*compiler, *options], root, environment)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [
                pool.submit(compile_one, source, level, compiled) for (source, level), compiled in zip(sources, objects)
            ]
            try:
                for job in jobs:
                    job.result()
            except KernelError:
                for job in jobs:
                    job.cancel()
                raise
        extension = Path(folder, target.extension)
        link = [*architectures(target), *link_flags(target), *from_environment("LDFLAGS")]
        run([*compiler, *link, *objects, "-o", str(extension)], root, environment)
        return extension.read_bytes()


def sources_by_level(root: Path) -> Iterator[tuple[Path, str]]:
    """Each C source and the options of its optimization: the small ones first, then those of FAST in its order."""
    fast = {name: level for level, names in FAST.items() for name in names}
    found = sorted((root / "csrc").glob("*.c"))
    yield from ((path, SMALL) for path in found if path.stem not in fast)
    yield from ((root / "csrc" / f"{name}.c", level) for name, level in fast.items())


def compiler_command() -> Sequence[str]:
    """The C compiler: that of ``CC``; else the one that built this Python, or cc, gcc or clang. Raises KernelError."""
    given = from_environment("CC")
    if given:
        return given
    for command in (shlex.split(sysconfig.get_config_var("CC") or ""), ["cc"], ["gcc"], ["clang"]):
        if command and shutil.which(command[0]):
            return command
    raise KernelError("no C compiler was found; Debian: apt install gcc python3-dev")


def from_environment(name: str) -> list[str]:
    """The words of an environment variable; none when it is not set."""
    return shlex.split(os.environ.get(name, ""))


def environment_of(target: Target) -> dict[str, str]:
    """The environment of the compiler. On a Mac it has the oldest system that the wheel's tag promises."""
    if not target.is_mac:
        return dict(os.environ)
    _, major, minor, _ = target.platform.split("_", 3)
    return {"MACOSX_DEPLOYMENT_TARGET": f"{major}.{minor}", **os.environ}


def architectures(target: Target) -> list[str]:
    """On a Mac, the processors that the extension is for: those of ``ARCHFLAGS``, or of this Python."""
    if not target.is_mac:
        return []
    flags = os.environ.get("ARCHFLAGS", sysconfig.get_config_var("CFLAGS") or "")
    return [word for architecture in re.findall(r"-arch\s+(\S+)", flags) for word in ("-arch", architecture)]


def link_flags(target: Target) -> list[str]:
    """The options that make an extension."""
    if target.is_mac:
        # zig makes no bundles. Python loads a library as well; without a name it would have that of a temporary folder.
        kind = ["-shared", f"-Wl,-install_name,@rpath/{target.extension}"] if built_by_zig() else ["-bundle"]
        return [*kind, "-undefined", "dynamic_lookup"]
    if not target.is_linux:
        return ["-shared"]
    # No pages of zeros between code and tables. zig's linker writes none, and refuses the option.
    padding = [] if built_by_zig() else ["-Wl,-z,noseparate-code"]
    return ["-shared", "-Wl,-s", "-pthread", *padding]


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Runs the compiler in a folder. Raises KernelError, with the end of what it said, when it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", env=environment)
    except OSError as error:
        raise KernelError(f"the C compiler does not start: {error}") from error
    if done.returncode != 0:
        raise KernelError(f"{shlex.join(command)}: exit status {done.returncode}: {done.stderr.strip()[-2000:]}")
