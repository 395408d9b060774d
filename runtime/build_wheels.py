"""Builds the runtime's sdist, and from it a wheel for each processor of PLATFORMS, with zig as the only compiler.

    python runtime/build_wheels.py [--out dist] [TARGET...]

A wheel is one for every Python from 3.9 on (abi3), and for every Linux with glibc 2.17 or newer (manylinux2014); auditwheel
says whether that is so. There is no wheel for ARMv6 (Pi Zero, Pi 1), for which no manylinux tag exists: pip builds
the sdist there.

The other platforms are built when they are named: musl-... for every Linux with musl 1.2 or newer, such as Alpine,
macos-... for macOS 11 or newer, windows-amd64 for Windows with Python 3.10 or newer. docs/guide/installation.md says which of
them have been run, and where.

The same sources, Python and versions of constraints.txt give the same bytes, whenever and in whatever folder they are built.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from extension_files import read_extension

RUNTIME = Path(__file__).resolve().parent
GLIBC, MUSL, MACOS = "2.17", "1_2", "11.0"
MUSL_LIBRARY = "libc.so"
"""The name of musl in a kernel, by which its loader knows itself. musl's symbols have no versions that could be too new."""
LIBRARIES = {
    "Mach-O": r"/usr/lib/libSystem\.B\.dylib",
    "PE": r"python3\.dll|KERNEL32\.dll|api-ms-win-crt-[a-z]+-l1-1-0\.dll",
}
"""The libraries that a kernel may need: those of the system, and on Windows the library of Python's stable ABI."""
WINDOWS_CONFIGURATION = """
#define MS_WINDOWS
#define MS_WIN32
#define MS_WIN64
#define HAVE_DECLSPEC_DLL
#define Py_ENABLE_SHARED 1
#define HAVE_STDINT_H 1
#define SIZEOF_SHORT 2
#define SIZEOF_INT 4
#define SIZEOF_LONG 4
#define SIZEOF_LONG_LONG 8
#define SIZEOF_VOID_P 8
#define SIZEOF_SIZE_T 8
#define SIZEOF_WCHAR_T 2
#define SIZEOF_PID_T 4
typedef long long Py_ssize_t;
#define HAVE_PY_SSIZE_T 1
#define PY_SSIZE_T_MAX LLONG_MAX
"""
"""Python's ``pyconfig.h`` on 64-bit Windows, as far as the limited API reads it (PC/pyconfig.h of CPython)."""
OPTIMIZATION = "-O3"
"""Option of the compiler that zig wants for linking as well, or an armv7l extension is twice as large."""


@dataclass(frozen=True)
class Platform:
    """A system that wheels are built for: what zig calls it, and the bytes of a pointer and of a long in C.

    ``tag`` is the last part of a wheel's, ``machine`` the processor's number in the header of an extension.
    """

    triple: str
    cpu: str
    pointer_bytes: int
    tag: str
    machine: int

    @property
    def is_glibc(self) -> bool:
        """Whether its C library is glibc."""
        return "-linux-gnu" in self.triple

    @property
    def is_musl(self) -> bool:
        """Whether its C library is musl."""
        return "-musl" in self.triple

    @property
    def is_linux(self) -> bool:
        """Whether extensions are ELF files."""
        return self.is_glibc or self.is_musl

    @property
    def is_windows(self) -> bool:
        """Whether extensions are DLLs that name the library of every symbol."""
        return "-windows-" in self.triple

    @property
    def extension(self) -> str:
        """The kernel's path in a wheel."""
        return "drupelet/_native.pyd" if self.is_windows else "drupelet/_native.abi3.so"


PLATFORMS: Mapping[str, Platform] = {
    "x86_64": Platform("x86_64-linux-gnu", "x86_64", 8, "manylinux2014_x86_64", 62),
    "aarch64": Platform("aarch64-linux-gnu", "generic", 8, "manylinux2014_aarch64", 183),
    "armv7l": Platform("arm-linux-gnueabihf", "generic+v7a", 4, "manylinux2014_armv7l", 40),
    "musl-x86_64": Platform("x86_64-linux-musl", "x86_64", 8, f"musllinux_{MUSL}_x86_64", 62),
    "musl-aarch64": Platform("aarch64-linux-musl", "generic", 8, f"musllinux_{MUSL}_aarch64", 183),
    "musl-armv7l": Platform("arm-linux-musleabihf", "generic+v7a", 4, f"musllinux_{MUSL}_armv7l", 40),
    "macos-arm64": Platform(f"aarch64-macos.{MACOS}", "apple_m1", 8, "macosx_11_0_arm64", 0x0100000C),
    "macos-x86_64": Platform(f"x86_64-macos.{MACOS}", "x86_64", 8, "macosx_11_0_x86_64", 0x01000007),
    "windows-amd64": Platform("x86_64-windows-gnu", "x86_64", 8, "win_amd64", 0x8664),
}
"""By the name that manylinux has for a processor. More than the baseline is found at run time (csrc/dispatch.c)."""


def main() -> int:
    """Builds what the command line asks for; exit status 1 when a wheel is not what it should be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "platforms", nargs="*", metavar="PLATFORM", help=f"of {', '.join(PLATFORMS)} (default: those with glibc)"
    )
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="FOLDER", help="where to (default: dist)")
    options = parser.parse_args()
    wanted = options.platforms or [name for name, platform in PLATFORMS.items() if platform.is_glibc]
    unknown = [name for name in wanted if name not in PLATFORMS]
    if unknown:
        parser.error(f"no platform {unknown[0]!r}, expected one of {', '.join(PLATFORMS)}")
    absent = [name for name in ("build", "auditwheel", "ziglang") if importlib.util.find_spec(name) is None]
    if absent:
        parser.error(f"{absent[0]} is not installed; pip install --group wheels")
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        sdist = build_sdist(options.out)
        print(f"{sdist}  {sdist.stat().st_size} bytes")
        for name in wanted:
            wheel = build_wheel(sdist, name, options.out)
            print(f"{wheel}  {wheel.stat().st_size} bytes, {check_wheel(wheel, name)}")
    except (subprocess.CalledProcessError, ValueError) as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else None
        print(f"{error}\n{said or ''}", file=sys.stderr)
        return 1
    return 0


def build_sdist(out: Path) -> Path:
    """The source distribution, which holds the kernel's sources."""
    with tempfile.TemporaryDirectory() as folder:
        run([sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", folder, str(RUNTIME)])
        (built,) = Path(folder).glob("*.tar.gz")
        return Path(shutil.move(built, out / built.name))


def build_wheel(sdist: Path, name: str, out: Path) -> Path:
    """The wheel of a platform, built from the source distribution."""
    platform = PLATFORMS[name]
    target = f"{platform.triple}.{GLIBC}" if platform.is_glibc else platform.triple
    with tempfile.TemporaryDirectory() as folder:
        headers = headers_for(platform, Path(folder))
        compiler = f"{sys.executable} -m ziglang cc -target {target} -mcpu={platform.cpu} -I{headers}"
        link = [OPTIMIZATION]
        if not platform.is_linux:
            link.append("-s")  # on Linux the build backend says so
        if platform.is_windows:
            link.append(str(import_library(headers, Path(folder))))
        environment = {"CC": compiler, "LDFLAGS": " ".join(link), "ARCHFLAGS": ""}
        tag = f"--config-settings=platform={platform.tag}"
        pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation"]
        run([*pip, tag, "--wheel-dir", folder, str(sdist)], environment)
        (built,) = Path(folder).glob("*.whl")
        return Path(shutil.move(built, out / built.name))


def headers_for(platform: Platform, folder: Path) -> Path:
    """Python's headers as a machine of the platform has them.

    Those of this machine, which differ in the sizes of C's types alone as far as the limited API reads them; and on Windows,
    whose configuration Python does not take from a compiler.
    """
    headers = folder / "include"
    shutil.copytree(sysconfig.get_path("include"), headers)
    configuration = headers / "pyconfig.h"
    if platform.is_windows:
        configuration.write_text(WINDOWS_CONFIGURATION)
        return headers
    lines = configuration.read_text().splitlines()
    for kind in ("LONG", "SIZE_T", "VOID_P", "UINTPTR_T"):
        (place,) = (n for n, line in enumerate(lines) if line.startswith(f"#define SIZEOF_{kind} "))
        lines[place] = f"#define SIZEOF_{kind} {platform.pointer_bytes}"
    configuration.write_text("\n".join(lines) + "\n")
    return headers


def import_library(headers: Path, folder: Path) -> Path:
    """A library that tells the linker that Python's names are in ``python3.dll``, the stable ABI of every Python 3.

    It has each name of the headers. The linker takes those that the kernel uses, and the compiler refuses what the limited API
    does not declare.
    """
    names = {name for header in headers.glob("*.h") for name in re.findall(r"\b_?Py\w+", header.read_text())}
    definition, library = folder / "python3.def", folder / "python3.lib"
    definition.write_text("\n".join(["LIBRARY python3.dll", "EXPORTS", *sorted(names)]) + "\n")
    dlltool = [sys.executable, "-m", "ziglang", "dlltool", "-m", "i386:x86-64"]
    run([*dlltool, "-d", str(definition), "-l", str(library)])
    return library


def check_wheel(wheel: Path, name: str) -> str:
    """The tag of a wheel; with glibc, the one that auditwheel gives it.

    Raises ValueError unless it is that platform's, and the kernel in it, too.
    """
    platform = PLATFORMS[name]
    with zipfile.ZipFile(wheel) as archive:
        if platform.extension not in archive.namelist():
            raise ValueError(
                f"{wheel}: has no {platform.extension}: the compiler failed; run pip with --verbose to see why"
            )
        kernel = read_extension(archive.read(platform.extension))
    where = f"{wheel}: {platform.extension}"
    if kernel.machine != platform.machine:
        raise ValueError(
            f"{where} is for {kernel.format} machine {kernel.machine}, expected {platform.machine} ({name})"
        )
    if platform.is_musl:
        # auditwheel knows musl only on a machine that has it.
        if kernel.libraries != (MUSL_LIBRARY,):
            raise ValueError(f"{where} needs the libraries {kernel.libraries}, expected {MUSL_LIBRARY} of musl alone")
        return platform.tag
    if not platform.is_glibc:
        foreign = [library for library in kernel.libraries if not re.fullmatch(LIBRARIES[kernel.format], library)]
        if foreign:
            raise ValueError(f"{where} needs the libraries {foreign}, expected those of the system alone")
        return platform.tag
    said = json.loads(run([sys.executable, "-m", "auditwheel", "show", "--json", str(wheel)]))
    expected = f"manylinux_{GLIBC.replace('.', '_')}_{name}"
    if said["overall_tag"] != expected or said["external_libs"]:
        raise ValueError(
            f"{wheel}: auditwheel finds {said['overall_tag']}, libraries {said['external_libs']}; expected {expected}"
        )
    return expected


def run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """The output of a command. Raises CalledProcessError, with the output, when it fails."""
    variables = {**os.environ, **(environment or {})}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=variables).stdout


if __name__ == "__main__":
    sys.exit(main())
