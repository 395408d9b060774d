"""Functions that build programs from emitted sources and run them."""

import subprocess
from pathlib import Path

from drupelet_export.executable.accompanying_files import LinkedLibraries

ROOT = Path(__file__).parents[3]
BUNDLE = ROOT / "tests" / "golden" / "bundle-v3"
STRANGE_LABELS = ('"quoted" \\ caf\u00e9', "\U0001f600 %s", "plain\u00a0$x")
LIBRARIES = LinkedLibraries("0.17.1", "notice of zig", "1.2.5", "notice of musl")
"""Stands in for what zig links."""
SANITIZERS = "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"


def make_program(folder, compiler="cc", flags="-O1"):
    """Runs make in a folder of sources. Warnings are errors."""
    warnings = "-Wall -Wextra -Wpedantic -Wshadow -Werror"
    done = subprocess.run(
        ["make", "-j2", f"CC={compiler}", f"TARGET={flags}", f"CFLAGS={warnings}"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-3000:]
    return folder / "classify"


def run_program(program, *arguments, stdin=b"", **more):
    """Runs a program. Output bytes that are not UTF-8 become lone surrogates."""
    done = subprocess.run([program, *arguments], input=stdin, capture_output=True, timeout=120, **more)
    return done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape")
