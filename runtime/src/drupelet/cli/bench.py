"""``drupelet bench``: the costs of a bundle on this device."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from drupelet.benchmark import Benchmark, run_benchmark
from drupelet.bundle import open_bundle
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.table import render_table
from drupelet.golden_texts import texts_of_file


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("bundle", help="bundle folder, .zip of one, or the name of one (drupelet list)")
    parser.add_argument("--engine", help="only this engine, and it must run (default: every engine that can)")
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads for the measurement of texts/s (default: 1)"
    )
    parser.add_argument(
        "--texts",
        metavar="FILE",
        help="measure with these texts: a .csv with a column text, or a text a line (default: those of the bundle)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints latency, throughput, first answer and memory of every engine. Exit status 1 when no engine could run."""

    def progress(line: str) -> None:
        if sys.stderr.isatty():
            print(line, file=sys.stderr)

    texts = None if options.texts is None else list(texts_of_file(Path(options.texts)))
    outcome = run_benchmark(open_bundle(options.bundle), options.engine, options.threads, progress, texts)
    if options.json:
        print_document(outcome.to_json())
    else:
        print(render(outcome))
    return EXIT_OK if any(cost.reason is None for cost in outcome.costs) else EXIT_CHECK_FAILED


def render(outcome: Benchmark) -> str:
    """The outcome for people: a line per file and engine, then the files that were not measured, with the reasons."""
    rows, notes = [], []
    for cost in outcome.costs:
        if cost.latency is None or cost.texts_per_s is None or cost.cold_start is None:
            notes.append(f"not run: {cost.file} on {cost.engine}: {cost.reason}")
            continue
        memory = cost.cold_start.peak_memory_mb
        rows.append(
            [cost.file, f"{cost.engine} ({cost.version})", f"{cost.latency.p50_us:.1f} us", f"{cost.latency.p95_us:.1f} us",
             f"{cost.texts_per_s:,.0f}", f"{cost.cold_start.first_answer_ms:.0f} ms",
             "-" if memory is None else f"{memory:.1f} MB"]
        )  # fmt: skip
    table = render_table(["file", "engine", "p50", "p95", "texts/s", "first answer", "memory"], rows)
    texts = next((cost.latency for cost in outcome.costs if cost.latency is not None), None)
    if texts is None:
        return "\n".join(["no engine could run a file of this bundle", *notes])
    foot = (
        f"{texts.n} texts of {texts.tokens_mean:.0f} tokens on average; p50 and p95: one text at a time, one thread; texts/s: "
        f"many texts per call, threads: {outcome.threads}; first answer and memory: a fresh process, minus a bare Python"
    )
    return "\n".join([table, *notes, foot])


COMMAND = Command("bench", "measure latency, throughput, first answer and memory on this device", configure, run)
