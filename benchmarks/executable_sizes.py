"""Builds a bundle for every target and prints the sizes of the executables, as a table for docs/executables.md.

python -m benchmarks.executable_sizes artifacts/imdb
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from drupelet.bundle import open_bundle
from drupelet.cli.table import render_table
from drupelet_export.executable.build import build_executable, prepare
from drupelet_export.executable.targets import TARGETS


def main() -> None:
    """Prints one row per target."""
    parser = argparse.ArgumentParser(description="print the sizes of a bundle's executables for every target")
    parser.add_argument("bundle", type=Path)
    prepared = prepare(open_bundle(parser.parse_args().bundle))
    goldens = len(prepared.content.goldens)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for target in TARGETS:
            executable = build_executable(prepared, target, Path(folder) / target.name)
            tier = executable.self_check.report["tier"] if executable.self_check.report else "-"
            beside = executable.beside_model_bytes
            sizes = (executable.size_bytes, beside - goldens, goldens, beside)
            checked = executable.self_check.how or f"no: {executable.self_check.reason}"
            rows.append([target.name, *map(str, sizes), tier, checked])
    header = ["target", "executable", "code and C library", "goldens", "besides the model", "tier", "verified"]
    print(render_table(header, rows))


if __name__ == "__main__":
    main()
