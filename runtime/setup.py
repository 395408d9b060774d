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

setup(
    ext_modules=[
        Extension(
            "drupelet._native",
            sources=sorted(str(path) for path in Path("csrc").glob("*.c")),
            depends=sorted(str(path) for path in Path("csrc").glob("*.h")),
            # Bits must not depend on the compiler: no fused multiply-add, no x87 (docs/decisions).
            extra_compile_args=["-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden"] if UNIX else [],
            extra_link_args=["-Wl,-s"] if sys.platform == "linux" else [],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
