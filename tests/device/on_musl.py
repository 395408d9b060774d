"""Installs the runtime's wheel on a Python that runs on musl, the C library of Alpine, and verifies a bundle there.

    python tests/device/on_musl.py WHEELS BUNDLE

Debian has musl but no Python on it: this builds the one of Debian's sources with ``musl-gcc``, once, in the user's cache
folder. It takes four minutes. Prints why it cannot run here (exit status 0), or what the runtime said; exit status 1 when it
does not verify.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

CACHE_VARIABLE = "DRUPELET_MUSL_CACHE"
PROGRAMS = {"musl-gcc": "musl-tools", "make": "make", "bzip2": "bzip2", "apt-get": "apt"}
"""The Debian package of each program."""
SOURCES = ("python3.11", "zlib", "libffi")
LOADER = "linux-musl/libc.so"
"""What /lib/ld-musl-x86_64.so.1 points at: the C library is its own loader."""
TARGETS = [
    "apt-get",
    "indextargets",
    "--format",
    "$(SITE) $(RELEASE)",
    "Created-By: Packages",
    "Component: main",
]
"""Asks apt where this system's packages come from: their sources are beside them."""
COMPILER = """#!/bin/sh
# musl-gcc names glibc's folder of headers as its own, and has no headers of Linux.
case "$1" in *-print-multiarch) echo x86_64-linux-musl; exit;; esac
exec musl-gcc -idirafter "$(dirname "$0")/headers" "$@"
"""
LINUX_HEADERS = {
    "linux": "/usr/include/linux",
    "asm-generic": "/usr/include/asm-generic",
    "asm": "/usr/include/x86_64-linux-gnu/asm",
}
BUILD = """
set -e
for archive in *.orig.tar.*; do tar -xf "$archive"; done
prefix=$PWD/python; export CC=$PWD/musl-cc CFLAGS="-O1 -fPIC"
(cd zlib-*/ && ./configure --static --prefix="$prefix" && make -j2 libz.a && make install)
(cd libffi-*/ && ./configure --disable-shared --disable-docs --prefix="$prefix" && make -j2 && make install)
cd Python-3.11*/
CPPFLAGS=-I$prefix/include LDFLAGS=-L$prefix/lib PKG_CONFIG_PATH=$prefix/lib/pkgconfig \\
    ./configure --prefix="$prefix" --disable-test-modules --with-ensurepip=install
make -j2 && make install
"""
TEXT, LABEL = "a quiet, wonderful film", "positive"


def main() -> int:
    """0 when the bundle is verified, or when this machine cannot try; 1 otherwise."""
    wheels, bundle = (Path(argument).resolve() for argument in sys.argv[1:])
    reason = reason_not_here()
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    try:
        folder = environment(ready_python(cache_folder()), wheels)
        print(
            run([str(folder / "bin" / "python"), "-c", "import sys, platform; print(sys.version, platform.platform())"])
        )
        maps = "import drupelet._native; print(open('/proc/self/maps').read())"
        if LOADER not in run([str(folder / "bin" / "python"), "-c", maps]):
            print(f"the kernel was not loaded by {LOADER}", file=sys.stderr)
            return 1
        drupelet = str(folder / "bin" / "drupelet")
        print(run([drupelet, "verify", str(bundle), "--engine", "native"]))
        answer = run([drupelet, "predict", str(bundle), TEXT])
        print(answer)
        return int(not answer.startswith(LABEL))
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd)}: exit status {error.returncode}: {(error.output or '')[-3000:]}", file=sys.stderr)
        return 1


def reason_not_here() -> str | None:
    """The reason why no Python can be built for musl here, or None."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "this needs Linux on x86-64"
    absent = [f"{program} is not installed: apt install {package}" for program, package in PROGRAMS.items()]
    return next((said for said, program in zip(absent, PROGRAMS, strict=True) if shutil.which(program) is None), None)


def cache_folder() -> Path:
    """The folder that keeps the Python: DRUPELET_MUSL_CACHE, else one below the user's cache folder."""
    given = os.environ.get(CACHE_VARIABLE)
    return Path(given) if given else Path.home() / ".cache" / "drupelet" / "musl"


def ready_python(cache: Path) -> Path:
    """The Python on musl, built unless it is there. Raises CalledProcessError."""
    python = cache / "python" / "bin" / "python3"
    finished = cache / "finished"
    if finished.exists():
        return python
    shutil.rmtree(cache, ignore_errors=True)
    (cache / "lists" / "partial").mkdir(parents=True)
    (cache / "sources.list").write_text(source_list(run(TARGETS)))
    (cache / "musl-cc").write_text(COMPILER)
    (cache / "musl-cc").chmod(0o755)
    (cache / "headers").mkdir()
    for name, target in LINUX_HEADERS.items():
        (cache / "headers" / name).symlink_to(target)
    places = {"Dir::Etc::SourceList": "sources.list", "Dir::State::Lists": "lists"}
    apt = ["apt-get", "--quiet", *(f"--option={key}={cache / name}" for key, name in places.items())]
    apt.append("--option=Dir::Etc::SourceParts=/dev/null")
    run([*apt, "update"], cache)
    # Without Debian's changes, which take pip out of Python.
    run([*apt, "source", "--download-only", *SOURCES], cache)
    print("building a Python for musl, which takes four minutes", flush=True)
    run(["sh", "-c", BUILD], cache)
    finished.touch()
    return python


def source_list(targets: str) -> str:
    """The list of sources beside the packages of the first place of apt's answer to TARGETS, which has the release itself.

    Only upstream's archives are wanted, so those that have its updates are not asked.
    """
    return f"deb-src {targets.splitlines()[0]} main\n"


def environment(python: Path, wheels: Path) -> Path:
    """A new environment of that Python with the wheel for musl, installed as the documentation says."""
    folder = python.parents[2] / "environment"
    run([str(python), "-m", "venv", "--clear", str(folder)])
    run(
        [
            str(folder / "bin" / "pip"),
            "install",
            "--find-links",
            str(wheels),
            "--no-index",
            "--only-binary=:all:",
            "drupelet",
        ]
    )
    return folder


def run(command: list[str], folder: Path | None = None) -> str:
    """What a command prints. Raises CalledProcessError with it."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_"))}
    done = subprocess.run(
        command, cwd=folder, env=variables, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
