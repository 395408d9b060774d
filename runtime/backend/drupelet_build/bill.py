"""The bill of materials of a wheel (PEP 770): what is in it besides our own code."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

from drupelet_build.contents import SOURCES
from drupelet_build.kernel import Target, built_by_zig


def bill_of_wheel(root: Path, target: Target) -> str:
    """The bill of what is built from the sources at ``root`` for a system, as CycloneDX JSON.

    zig is known, and what it links. Another compiler is not.
    """
    sys.path.insert(0, str((root / SOURCES).resolve()))
    from drupelet.bill_of_materials import Part, document, mingw, package, unicode_tables, zig, zig_runtime

    parts: list[Part] = [unicode_tables((root / "LICENSE-Unicode-3.0").read_text(encoding="utf-8"))]
    tools: list[Part] = []
    if built_by_zig():
        found = importlib.metadata.distribution("ziglang")
        notices = {file.as_posix(): file for file in found.files or ()}
        parts.append(zig_runtime(found.version, notices["ziglang/LICENSE"].read_text()))
        if target.is_windows:
            parts.append(mingw(notices["ziglang/lib/libc/mingw/COPYING"].read_text()))
        tools.append(zig(found.version))
    return document(package("drupelet", "runs compiled text classifiers"), parts, tools)
