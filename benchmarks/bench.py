"""Measures the native engine against its goals: ``python -m benchmarks.bench FOLDER``, with a prepared workload in FOLDER.

One run measures everything on one core of one machine, with the systems in turn. It prints the table, and exits with status 1
when a figure misses its bound, or 2 when the engine cannot be measured at all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.device_install import install_runtime
from benchmarks.figures import Figure, all_reached, render_figures
from benchmarks.machine import describe_machine, pin_to_one_core, versions_of
from benchmarks.measurements import (
    SCHEME,
    WARM_UP_TEXTS,
    Measured,
    Workload,
    measure_installed,
    measure_latency,
    measure_memory,
    measure_parity,
    measure_short_texts,
    measure_start,
)
from benchmarks.workload_folder import WorkloadFolder
from drupelet.engines import ENGINES
from drupelet.errors import DrupeletError

SCHEMA_VERSION = 1
RUNTIME = Path(__file__).parents[1] / "runtime"
ROUNDS = 9


def main(arguments: list[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the prepared workload")
    parser.add_argument("--engine", default="native", choices=ENGINES, help="the engine to measure (default: native)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of the latencies (default: {ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="report to write")
    options = parser.parse_args(arguments)
    workload = Workload(WorkloadFolder(options.folder), options.engine)
    try:
        figures, report = measure(workload, options.rounds)
    except DrupeletError as error:
        print(f"cannot measure: {error}", file=sys.stderr)
        return 2
    if options.json is not None:
        partial = options.json.with_name(f"{options.json.name}.partial")
        partial.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        partial.replace(options.json)
    print(render_figures(figures))
    print(describe_run(report))
    return 0 if all_reached(figures) else 1


def measure(workload: Workload, rounds: int) -> tuple[list[Figure], dict[str, Any]]:
    """All figures in the order of the table, and the report."""
    core = pin_to_one_core()
    load_before = os.getloadavg()[0]
    sections: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="drupelet-bench-") as scratch:
        progress("installing the runtime as a device would")
        install = install_runtime(RUNTIME, Path(scratch))
        steps: dict[str, Callable[[], Measured]] = {
            "latency": lambda: measure_latency(workload, rounds),
            "short_texts": lambda: measure_short_texts(workload),
            "start": lambda: measure_start(workload, install),
            "memory": lambda: measure_memory(workload, install),
            "installed": lambda: measure_installed(install),
            "parity": lambda: measure_parity(workload),
        }
        for name, step in steps.items():
            progress(f"measuring {name.replace('_', ' ')}")
            sections[name] = step()
    figures = [figure for found, _ in sections.values() for figure in found]
    report = {
        "schema_version": SCHEMA_VERSION,
        "reached": all_reached(figures),
        "figures": [figure.to_json() for figure in figures],
        "machine": describe_machine(),
        "method": {
            "threads": 1,
            "core": core,
            "load_average": [load_before, os.getloadavg()[0]],
            "warm_up_texts": WARM_UP_TEXTS,
            "scheme": SCHEME,
            "ratios": "medians over rounds of the ratio of a round's medians",
        },
        "engine": {"name": workload.engine, "version": ENGINES[workload.engine].version()},
        "versions": versions_of(["drupelet", "onnxruntime", "numpy", "fasttext-predict"]),
        "workload": {
            "texts": len(workload.texts),
            "files": {entry.file: entry.sha256 for entry in workload.bundle.manifest.files()},
            "fasttext_bytes": workload.folder.fasttext_model.stat().st_size,
        },
        **{name: details for name, (_, details) in sections.items()},
    }
    return figures, report


def describe_run(report: dict[str, Any]) -> str:
    """The lines below the table: the machine, the versions, and the times of every system."""
    machine, method = report["machine"], report["method"]
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    lines = [
        "",
        f"{report['engine']['name']} ({report['engine']['version']}) on {machine['cpu']}, {machine['architecture']}, "
        f"{', '.join(machine['features'])}",
        f"Python {machine['python']}, {machine['system']}; one thread on core {method['core']}; load "
        f"{' to '.join(f'{load:.1f}' for load in method['load_average'])}; {versions}",
        f"text -> label, {report['workload']['texts']} texts in {report['latency']['rounds']} rounds, p50 (p95) in us: "
        + ", ".join(
            f"{name} {times['p50_us']:.1f} ({times['p95_us']:.1f})"
            for name, times in report["latency"]["times"].items()
        ),
        f"20-token texts/s, {report['short_texts']['texts']} a call: "
        + ", ".join(f"{name} {rate:,.0f}" for name, rate in report["short_texts"]["texts_per_s"].items()),
        "start above bare, ms: "
        + ", ".join(f"{name} {ms:.1f}" for name, ms in report["start"]["above_bare_ms"].items() if name != "bare"),
        "memory above bare, MB: "
        + ", ".join(
            f"{name} {fields['Rss']:.1f}"
            for name, fields in report["memory"]["above_bare_mb"].items()
            if name != "bare"
        ),
        "parity, flips and max dp: "
        + ", ".join(f"{name} {row['flips']} {row['max_difference']:.2g}" for name, row in report["parity"].items()),
    ]
    return "\n".join(lines)


def progress(line: str) -> None:
    """Prints a line about the current step when stderr is a terminal."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
