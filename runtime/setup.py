"""Builds the C kernel as ``drupelet._native``; everything else is in pyproject.toml.

The extension is optional: without a C compiler the installation succeeds, and ``drupelet doctor`` says what is missing.
Tiers of instructions are chosen in the sources (``csrc/target.h``), so one set of flags serves all of them.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.chdir(Path(__file__).parent)
UNIX = os.name == "posix"
LINUX = sys.platform == "linux"
FLAGS = [
    "-std=c11",
    "-ffp-contract=off",  # bits must not depend on the compiler: no fused multiply-add (docs/decisions)
    "-fvisibility=hidden",
    "-Werror=implicit-function-declaration",  # a function that this Python's headers lack would return half a pointer
]
# Tables for exceptions, which C does not throw, are a twentieth of the extension.
LINUX_FLAGS = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"]
# No pages of zeros between code and tables. zig's linker (build_wheels.py) writes none, and refuses the option.
NO_PADDING = [] if "ziglang" in os.environ.get("CC", "") else ["-Wl,-z,noseparate-code"]
LINUX_LINK_FLAGS = ["-Wl,-s", *NO_PADDING]

FAST = ["activations", "avx2", "avx512vnni", "encode", "neon", "neondot", "network", "packing", "scalar", "support"]
FAST += ["text_steps", "vocabulary"]
"""Sources that texts pass through. They are compiled for speed, all others for size."""
FAST_SOURCES = [f"csrc/{name}.c" for name in FAST]
SMALL_SOURCES = sorted({path.as_posix() for path in Path("csrc").glob("*.c")} - set(FAST_SOURCES))


class BuildKernel(build_ext):
    """Compiles FAST_SOURCES with a flag of their own."""

    def build_extension(self, extension: Extension) -> None:
        """Compiles FAST_SOURCES, then the others, and links all."""
        flags = extension.extra_compile_args
        extension.extra_objects = self.compiler.compile(
            FAST_SOURCES,
            output_dir=self.build_temp,
            extra_postargs=[*flags, "-O3"] if UNIX else flags,
            depends=extension.depends,
        )
        extension.extra_compile_args = [*flags, "-Os"] if UNIX else flags
        super().build_extension(extension)


setup(
    cmdclass={"build_ext": BuildKernel},
    ext_modules=[
        Extension(
            "drupelet._native",
            sources=SMALL_SOURCES,
            depends=FAST_SOURCES + sorted(path.as_posix() for path in Path("csrc").glob("*.h")),
            extra_compile_args=FLAGS + LINUX_FLAGS if LINUX else FLAGS if UNIX else [],
            extra_link_args=LINUX_LINK_FLAGS if LINUX else [],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
