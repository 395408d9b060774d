"""Builds the runtime's sdist, and from it a wheel for each processor of PLATFORMS, with zig as the only compiler.

    python runtime/build_wheels.py [--out dist] [TARGET...]

A wheel is one for every Python from 3.9 on (abi3), and for every Linux with glibc 2.17 or newer (manylinux2014); auditwheel
says whether that is so. There is no wheel for ARMv6 (Pi Zero, Pi 1), for which no manylinux tag exists: pip builds
the sdist there.

The platforms musl-... are for every Linux with musl 1.2 or newer, such as Alpine. They are built when they are named:
nobody has tried them there.

The same sources, Python and versions of constraints.txt give the same bytes, whenever and in whatever folder they are built.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RUNTIME = Path(__file__).resolve().parent
EXTENSION = "drupelet/_native.abi3.so"
GLIBC, MUSL = "2.17", "1_2"
MUSL_LIBRARY = "libc.so"
"""The name of musl in a kernel, by which its loader knows itself. musl's symbols have no versions that could be too new."""
OPTIMIZATION = "-O3"
"""Option of the compiler that zig wants for linking as well, or an armv7l extension is twice as large."""
ELF_MACHINE_OFFSET = 18


@dataclass(frozen=True)
class Platform:
    """A system that wheels are built for: what zig calls it, and the bytes of a pointer in C.

    ``tag`` is the last part of a wheel's, ``elf_machine`` the field e_machine of an ELF header (System V ABI).
    """

    triple: str
    cpu: str
    pointer_bytes: int
    tag: str
    elf_machine: int

    @property
    def is_musl(self) -> bool:
        """Whether its C library is musl, in place of glibc."""
        return "-musl" in self.triple


PLATFORMS: Mapping[str, Platform] = {
    "x86_64": Platform("x86_64-linux-gnu", "x86_64", 8, "manylinux2014_x86_64", 62),
    "aarch64": Platform("aarch64-linux-gnu", "generic", 8, "manylinux2014_aarch64", 183),
    "armv7l": Platform("arm-linux-gnueabihf", "generic+v7a", 4, "manylinux2014_armv7l", 40),
    "musl-x86_64": Platform("x86_64-linux-musl", "x86_64", 8, f"musllinux_{MUSL}_x86_64", 62),
    "musl-aarch64": Platform("aarch64-linux-musl", "generic", 8, f"musllinux_{MUSL}_aarch64", 183),
    "musl-armv7l": Platform("arm-linux-musleabihf", "generic+v7a", 4, f"musllinux_{MUSL}_armv7l", 40),
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
    wanted = options.platforms or [name for name, platform in PLATFORMS.items() if not platform.is_musl]
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
    target = platform.triple if platform.is_musl else f"{platform.triple}.{GLIBC}"
    with tempfile.TemporaryDirectory() as folder:
        compiler = (
            f"{sys.executable} -m ziglang cc -target {target} -mcpu={platform.cpu} "
            f"-I{headers_for(platform, Path(folder))}"
        )
        environment = {"CC": compiler, "LDFLAGS": OPTIMIZATION}
        tag = f"--config-settings=platform={platform.tag}"
        pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation"]
        run([*pip, tag, "--wheel-dir", folder, str(sdist)], environment)
        (built,) = Path(folder).glob("*.whl")
        return Path(shutil.move(built, out / built.name))


def headers_for(platform: Platform, folder: Path) -> Path:
    """Python's headers as a machine of the platform has them.

    Those of this machine, which differ in the sizes of C's types alone as far as the limited API reads them.
    """
    headers = folder / "include"
    shutil.copytree(sysconfig.get_path("include"), headers)
    configuration = headers / "pyconfig.h"
    lines = configuration.read_text().splitlines()
    for kind in ("LONG", "SIZE_T", "VOID_P", "UINTPTR_T"):
        (place,) = (n for n, line in enumerate(lines) if line.startswith(f"#define SIZEOF_{kind} "))
        lines[place] = f"#define SIZEOF_{kind} {platform.pointer_bytes}"
    configuration.write_text("\n".join(lines) + "\n")
    return headers


def check_wheel(wheel: Path, name: str) -> str:
    """The tag of a wheel; with glibc, the one that auditwheel gives it.

    Raises ValueError unless it is that platform's, and the kernel in it, too.
    """
    platform = PLATFORMS[name]
    with zipfile.ZipFile(wheel) as archive:
        if EXTENSION not in archive.namelist():
            raise ValueError(f"{wheel}: has no {EXTENSION}: the compiler failed; run pip with --verbose to see why")
        kernel = archive.read(EXTENSION)
    (machine,) = struct.unpack_from("<H", kernel, ELF_MACHINE_OFFSET)
    if machine != platform.elf_machine:
        raise ValueError(f"{wheel}: {EXTENSION} is for ELF machine {machine}, expected {platform.elf_machine} ({name})")
    if platform.is_musl:
        # auditwheel knows musl only on a machine that has it.
        libraries = needed_libraries(kernel)
        if libraries != [MUSL_LIBRARY]:
            raise ValueError(
                f"{wheel}: {EXTENSION} needs the libraries {libraries}, expected {MUSL_LIBRARY} of musl alone"
            )
        return platform.tag
    said = json.loads(run([sys.executable, "-m", "auditwheel", "show", "--json", str(wheel)]))
    expected = f"manylinux_{GLIBC.replace('.', '_')}_{name}"
    if said["overall_tag"] != expected or said["external_libs"]:
        raise ValueError(
            f"{wheel}: auditwheel finds {said['overall_tag']}, libraries {said['external_libs']}; expected {expected}"
        )
    return expected


def needed_libraries(kernel: bytes) -> list[str]:
    """The shared libraries that an ELF file names."""
    from elftools.elf.elffile import ELFFile  # auditwheel's

    dynamic = ELFFile(io.BytesIO(kernel)).get_section_by_name(".dynamic")
    return [tag.needed for tag in dynamic.iter_tags("DT_NEEDED")]


def run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """The output of a command. Raises CalledProcessError, with the output, when it fails."""
    variables = {**os.environ, **(environment or {})}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=variables).stdout


if __name__ == "__main__":
    sys.exit(main())
