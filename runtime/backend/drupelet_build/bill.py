"""The bill of materials of a wheel (PEP 770): what is in it besides our own code."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

from drupelet_build.contents import SOURCES
from drupelet_build.kernel import built_by_zig


def bill_of_wheel(root: Path) -> str:
    """The bill of what is built from the sources at ``root``, as CycloneDX JSON.

    zig is known, and what it links. Another compiler is not.
    """
    sys.path.insert(0, str((root / SOURCES).resolve()))
    from drupelet.bill_of_materials import Part, document, package, unicode_tables, zig, zig_runtime

    parts: list[Part] = [unicode_tables((root / "LICENSE-Unicode-3.0").read_text(encoding="utf-8"))]
    tools: list[Part] = []
    if built_by_zig():
        found = importlib.metadata.distribution("ziglang")
        (notice,) = [file for file in found.files or () if file.as_posix() == "ziglang/LICENSE"]
        parts.append(zig_runtime(found.version, notice.read_text()))
        tools.append(zig(found.version))
    return document(package("drupelet", "runs compiled text classifiers"), parts, tools)
