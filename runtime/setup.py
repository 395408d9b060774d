"""Builds the C kernel as ``drupelet._native``; everything else is in pyproject.toml.

The extension is optional: without a C compiler the installation succeeds, and ``drupelet doctor`` says what is missing.
Tiers of instructions are chosen in the sources (``csrc/target.h``), so one set of flags serves all of them.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

os.chdir(Path(__file__).parent)
UNIX = os.name == "posix"
FLAGS = [
    "-std=c11",
    "-O3",
    "-ffp-contract=off",  # bits must not depend on the compiler: no fused multiply-add (docs/decisions)
    "-fvisibility=hidden",
    "-Werror=implicit-function-declaration",  # a function that this Python's headers lack would return half a pointer
]

setup(
    ext_modules=[
        Extension(
            "drupelet._native",
            sources=sorted(str(path) for path in Path("csrc").glob("*.c")),
            depends=sorted(str(path) for path in Path("csrc").glob("*.h")),
            extra_compile_args=FLAGS if UNIX else [],
            extra_link_args=["-Wl,-s"] if sys.platform == "linux" else [],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
