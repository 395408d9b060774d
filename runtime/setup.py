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

FAST = {
    "-O3": [
        "avx2",
        "avx512vnni",
        "convolve",
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
    "-O2": ["activations", "fast_filter", "network", "op_attention", "op_softmax", "softmax_row", "vocabulary"],
}
"""Sources that texts pass through are compiled for speed, all others for size. At -O3 network.c has twice the code, and runs
within 3 % of the same number of instructions."""
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
                extra_postargs=[*flags, flag] if UNIX else flags,
                depends=extension.depends,
            )
        ]
        extension.extra_compile_args = [*flags, "-Os"] if UNIX else flags
        super().build_extension(extension)


setup(
    cmdclass={"build_ext": BuildKernel},
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
