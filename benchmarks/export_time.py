"""Measures what the export of a model takes, step by step: by the clock, and of the processor in all threads and children.

``make export-time`` exports the reference model in every format and scheme, with its verdict, for
docs/reports/export-time.json.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the drupelet command does, and before numpy is imported

import argparse
import json
import resource
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine, versions_of
from drupelet.cli.table import render_table
from drupelet.manifest import FORMATS
from drupelet.schemes import SCHEMES
from drupelet_export.exporter import Export, ExportRequest, export_bundle
from drupelet_export.parity.reference_texts import load_held_out
from drupelet_export.reading.source import read_run_folder

SCHEMA_VERSION = 1
LIBRARIES = ("tensorflow", "keras", "numpy", "onnxruntime", "ai-edge-litert")


@dataclass(frozen=True)
class Step:
    """A step of an export with its seconds by the clock, and of the processor in all threads and child processes."""

    step: str
    wall_s: float
    cpu_s: float


class Stopwatch:
    """Measures steps: each lasts from its call to that of the next, the last one until ``stop``."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._name: str | None = None
        self._wall, self._cpu = time.perf_counter(), cpu_seconds()

    def __call__(self, name: str | None) -> None:
        """Begins a step; None begins none."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        if self._name is not None:
            self.steps.append(Step(self._name, round(wall - self._wall, 3), round(cpu - self._cpu, 3)))
        self._name, self._wall, self._cpu = name, wall, cpu

    def stop(self) -> None:
        """Ends the last step."""
        self(None)


def cpu_seconds() -> float:
    """Seconds of the processor that this process and its finished children have used, in user and in kernel mode."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def compared_texts(export: Export) -> list[dict[str, Any]]:
    """How many texts each file was compared on, on each engine and for each suite."""
    return [
        {"file": verdict.model.entry.file, "engine": verdict.engine, "suite": suite, "n": found.n, "total": found.total}
        for verdict in export.verification.verdicts
        for suite, found in verdict.comparisons.items()
    ]


def measure(run: Path, schemes: tuple[str, ...]) -> dict[str, Any]:
    """The report on an export of a run folder into a folder that is removed again."""
    watch = Stopwatch()
    watch("reading held-out texts")
    source = read_run_folder(run)
    data = source.data
    held_out = (
        None
        if data is None
        else load_held_out(data, source.options.labels, source.all_held_out, source.recorded_sha256)
    )
    with tempfile.TemporaryDirectory() as folder:
        request = ExportRequest(source, Path(folder) / "bundle", FORMATS, schemes, held_out)
        export = export_bundle(request, watch)
        watch.stop()
    return {
        "schema_version": SCHEMA_VERSION,
        "model": run.name,
        "schemes": list(schemes),
        "passed": export.verification.passed,
        "wall_s": round(sum(step.wall_s for step in watch.steps), 1),
        "cpu_s": round(sum(step.cpu_s for step in watch.steps), 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "steps": [asdict(step) for step in watch.steps],
        "texts": compared_texts(export),
        "machine": describe_machine(),
        "libraries": versions_of(LIBRARIES),
    }


def main() -> None:
    """Prints a row per step and writes the report."""
    parser = argparse.ArgumentParser(description="measure what the export of a model takes, step by step")
    parser.add_argument("run", type=Path, help="folder of a drupelet train run")
    parser.add_argument("--schemes", default=",".join(SCHEMES), help="comma-separated schemes (default: all)")
    parser.add_argument("--json", type=Path, required=True, help="report to write")
    options = parser.parse_args()
    report = measure(options.run, tuple(options.schemes.split(",")))
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    rows = [[step["step"], f"{step['wall_s']:.1f}", f"{step['cpu_s']:.1f}"] for step in report["steps"]]
    rows.append(["in all", f"{report['wall_s']:.1f}", f"{report['cpu_s']:.1f}"])
    print(render_table(["step", "seconds", "processor seconds"], rows))


if __name__ == "__main__":
    main()
