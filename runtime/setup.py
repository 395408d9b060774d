"""Builds the C kernel as ``drupelet._native``; everything else is in pyproject.toml.

The wheel gets a bill of materials, ``sboms/drupelet.cdx.json`` in its metadata (PEP 770).

The extension is optional: without a C compiler the installation succeeds, and ``drupelet doctor`` says what is missing.
Tiers of instructions are chosen in the sources (``csrc/target.h``), so one set of flags serves all of them.
"""

import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

os.chdir(Path(__file__).parent)
sys.path.insert(0, "src")
from drupelet.bill_of_materials import Part, document, package, unicode_tables, zig, zig_runtime  # noqa: E402

ZIG = "ziglang" in os.environ.get("CC", "")
"""Whether zig is the C compiler (build_wheels.py)."""
UNIX = os.name == "posix"
LINUX = sys.platform == "linux"
FLAGS = [
    "-std=c11",
    "-ffp-contract=off",  # bits must not depend on the compiler: no fused multiply-add (docs/decisions)
    "-fvisibility=hidden",
    "-pthread",
    "-Werror=implicit-function-declaration",  # a function that this Python's headers lack would return half a pointer
]
# Tables for exceptions, which C does not throw, are a twentieth of the extension.
LINUX_FLAGS = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"]
# No pages of zeros between code and tables. zig's linker (build_wheels.py) writes none, and refuses the option.
NO_PADDING = [] if ZIG else ["-Wl,-z,noseparate-code"]
LINUX_LINK_FLAGS = ["-Wl,-s", "-pthread", *NO_PADDING]

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
    "-O2 -fno-unroll-loops": ["embedding_rows", "network", "pieces", "run_recurrent"],
}
"""Sources that texts pass through are compiled for speed, all others for size. At -O3 run_recurrent.c has twice the code, and
runs within 3 % of the same number of instructions; clang unrolls loops at -O2 as well."""
FAST_SOURCES = {flag: [f"csrc/{name}.c" for name in names] for flag, names in FAST.items()}
ALL_FAST = [source for sources in FAST_SOURCES.values() for source in sources]
SMALL_SOURCES = sorted({path.as_posix() for path in Path("csrc").glob("*.c")} - set(ALL_FAST))


class BuildKernel(build_ext):
    """Compiles FAST_SOURCES with flags of their own."""

    def build_extension(self, extension: Extension) -> None:
        """Compiles FAST_SOURCES, then the others, and links all."""
        flags = extension.extra_compile_args
        extension.extra_objects = [
            compiled
            for flag, sources in FAST_SOURCES.items()
            for compiled in self.compiler.compile(
                sources,
                output_dir=self.build_temp,
                extra_postargs=[*flags, *flag.split()] if UNIX else flags,
                depends=extension.depends,
            )
        ]
        extension.extra_compile_args = [*flags, "-Os"] if UNIX else flags
        super().build_extension(extension)


class WheelWithBill(bdist_wheel):
    """Writes the bill of materials into the wheel's metadata."""

    def write_wheelfile(self, wheelfile_base: str, *options: Any) -> None:
        """Writes WHEEL, and the bill beside it."""
        super().write_wheelfile(wheelfile_base, *options)
        folder = Path(wheelfile_base, "sboms")
        folder.mkdir()
        (folder / "drupelet.cdx.json").write_bytes(bill_of_wheel().encode())


def bill_of_wheel() -> str:
    """What is in the wheel besides our own code. Another compiler than zig is not known, nor what it links."""
    parts: list[Part] = [unicode_tables(Path("LICENSE-Unicode-3.0").read_text(encoding="utf-8"))]
    tools: list[Part] = []
    if ZIG:
        found = importlib.metadata.distribution("ziglang")
        (notice,) = [file for file in found.files or () if file.as_posix() == "ziglang/LICENSE"]
        parts.append(zig_runtime(found.version, notice.read_text()))
        tools.append(zig(found.version))
    return document(package("drupelet", "runs compiled text classifiers"), parts, tools)


setup(
    cmdclass={"build_ext": BuildKernel, "bdist_wheel": WheelWithBill},
    ext_modules=[
        Extension(
            "drupelet._native",
            sources=SMALL_SOURCES,
            depends=ALL_FAST + sorted(path.as_posix() for path in Path("csrc").glob("*.h")),
            extra_compile_args=FLAGS + LINUX_FLAGS if LINUX else FLAGS if UNIX else [],
            extra_link_args=LINUX_LINK_FLAGS if LINUX else [],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
