"""Counts the bytes that the runtime has for text rules: objects of the kernel, and Python as it is installed and compressed.

``--before FOLDER`` counts another version too: a folder with its ``runtime/``, as ``git archive`` writes it.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.text_instructions import ROOT, build

SOURCES = (
    "byte_search", "cut_*", "cutter_choice", "encode", "lower_case", "quick_words", "text_*", "tokenizer", "unicode",
    "vocabulary", "word_index",
)  # fmt: skip
"""Sources of the kernel from a text to its ids, today and before text rules. Look-up of words is among them."""
MODULES = ("text/*.py", "text_section.py", "tokenizer.py")
"""Modules of the runtime that are text rules, today, and what stood in their place."""
LOADED_SECTIONS = (".text", ".rodata", ".data")
"""How the names of sections begin that a process has of an object."""
WHEEL_LEVEL = 6
"""The level of deflate by which Python writes wheels."""


@dataclass(frozen=True)
class TextSize:
    """``kernel_bytes``: code and data of objects. ``python_bytes`` are installed; ``wheel_bytes``: the same in a wheel."""

    kernel_bytes: int
    python_bytes: int
    wheel_bytes: int

    @property
    def installed_bytes(self) -> int:
        """What a device has for text rules, without byte code."""
        return self.kernel_bytes + self.python_bytes


def text_size(root: Path, folder: Path) -> TextSize:
    """The size of the text side of the version in ``root``; objects are compiled into ``folder``, as the wheel does."""
    build(root, folder)
    objects = [found for name in SOURCES for found in sorted(folder.glob(f"{name}.o"))]
    package = root / "runtime" / "src" / "drupelet"
    modules = [found.read_bytes() for name in MODULES for found in sorted(package.glob(name))]
    if not objects or not modules:
        raise ValueError(
            f"{root}: has {len(objects)} objects and {len(modules)} modules of text rules, expected some of both"
        )
    return TextSize(
        kernel_bytes=sum(map(object_bytes, objects)),
        python_bytes=sum(map(len, modules)),
        wheel_bytes=sum(map(deflated_bytes, modules)),
    )


def object_bytes(compiled: Path) -> int:
    """Bytes of code and initialized data of an object file. Its unwind tables are not counted: a wheel has none."""
    listed = subprocess.run(["size", "-A", compiled], check=True, capture_output=True, text=True).stdout
    sections = [line.split() for line in listed.splitlines() if line.startswith(LOADED_SECTIONS)]
    return sum(int(size_bytes) for _, size_bytes, *_ in sections)


def deflated_bytes(content: bytes) -> int:
    """Bytes of a file in a wheel."""
    compressor = zlib.compressobj(WHEEL_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return len(compressor.compress(content) + compressor.flush())


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for each version."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="folder of a version to compare with")
    before = parser.parse_args(arguments).before
    roots = {"this version": ROOT} if before is None else {"before": before, "this version": ROOT}
    for version, root in roots.items():
        with tempfile.TemporaryDirectory() as folder:
            found = text_size(root, Path(folder))
        print(
            f"{version}: {found.installed_bytes:,} bytes installed: {found.kernel_bytes:,} of the kernel and "
            f"{found.python_bytes:,} of Python ({found.wheel_bytes:,} in a wheel)"
        )


if __name__ == "__main__":
    main()
