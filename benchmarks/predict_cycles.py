"""Predicts the cycles per token on a Raspberry Pi: ``python -m benchmarks.predict_cycles FOLDER --json REPORT``.

qemu records the instructions that the kernel executes on the fixed workload. llvm-mca predicts their cycles on a processor,
as if all loads hit the first-level cache and every branch was predicted. FOLDER is the one of benchmarks.prepare.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.instruction_trace import COMPILER, EMULATOR, FLAGS, Program, Symbol, calls, output_of
from benchmarks.workload_folder import WorkloadFolder, read_lines
from drupelet.quantization import INT8_MAX, SMALL_INT8, WEIGHT_RANGES

SCHEMA_VERSION = 2
SCHEME = "wi8"
OLDEST_LLVM = 16
"""The first release of LLVM with a model of Neoverse N1."""
NEWEST_LLVM = 40
COUNTED_REVIEWS = 200
"""Number of reviews, out of 2,000, whose steps are counted. They fill the session's caches, as in a long-running process."""
TRACED_REVIEWS = 20
"""Number of reviews to answer for the trace of text work. It uses the last one, whose words are mostly in the cache."""
STEPS_IN_A_ROW = 10
"""Number of times that llvm-mca runs a step in a row, so that steps overlap as they do within a text."""
LOADING = ("drp_crc32", "drp_pack", "drp_read_sections", "drp_vocabulary_open", "drupelet_model_open")
"""The functions that take the time of loading. They are not recorded, because they would only enlarge the trace."""


@dataclass(frozen=True)
class Processor:
    """A Raspberry Pi's processor. ``model`` is LLVM's name of the core, or of a core with the same pipelines."""

    device: str
    core: str
    model: str
    ghz: float
    tier: str


PROCESSORS = (
    Processor("Pi 3", "Cortex-A53", "cortex-a53", 1.2, "neon"),
    Processor("Pi 4", "Cortex-A72", "cortex-a72", 1.5, "neon"),
    # LLVM has no model of the A76 and uses the A57's for it. Neoverse N1 is an A76 with other caches.
    Processor("Pi 5", "Cortex-A76", "neoverse-n1", 2.4, "neondot"),
)


@dataclass(frozen=True)
class Work:
    """The instructions of a tier: one step, the projection of one row, and all text work of one review."""

    step: list[str]
    dot: list[str]
    cell: list[str]
    row: list[str]
    text: list[str]
    text_tokens: int


@dataclass(frozen=True)
class Counts:
    """The average work of the reviews: tokens per review, and projected rows per token."""

    tokens_per_review: float
    rows_per_token: float


def llvm_mca() -> str:
    """The newest llvm-mca of this machine. Exits with the package to install when there is none that is new enough."""
    for version in range(NEWEST_LLVM, OLDEST_LLVM - 1, -1):
        if shutil.which(f"llvm-mca-{version}"):
            return f"llvm-mca-{version}"
    sys.exit(f"llvm-mca-{OLDEST_LLVM} or newer is not installed: apt install llvm-19")


def predicted_cycles(mca: str, processor: Processor, instructions: Sequence[str], times: int) -> float:
    """The mean cycles of these instructions when they run ``times`` times in a row."""
    options = ["-mtriple=aarch64", f"-mcpu={processor.model}", "-mattr=+dotprod", f"-iterations={times}"]
    report = output_of(
        [mca, *options, "-instruction-info=0", "-resource-pressure=0"],
        "".join(f"{row}\n" for row in instructions).encode(),
    )
    match = re.search(r"Total Cycles:\s+(\d+)", report)
    if match is None:
        raise ValueError(f"{mca} printed no cycles: {report[:200]}")
    return int(match[1]) / times


def of_tier(program: Program, tier: str) -> list[Symbol]:
    """The functions of a tier, and those functions shared by all tiers that the compiler did not inline."""
    return [symbol for symbol in program.functions if symbol.name.startswith((f"{tier}_", "v_", "p_"))]


def text_functions(program: Program, tier: str) -> list[Symbol]:
    """The kernel's functions from text to answer that do not belong to the tier."""
    own = {symbol.name for symbol in of_tier(program, tier)}
    return [
        symbol
        for symbol in program.functions
        if symbol.name not in own and symbol.name in program.kernel_names and not symbol.name.startswith(LOADING)
    ]


def record(program: Program, tier: str, bundle: Path, texts: Sequence[str], scratch: Path) -> Work:
    """The work of a tier: a step and a row from the first review, text work from the last one."""
    model = bundle / f"model.{SCHEME}.drupelet"

    def lines(addresses: Sequence[int]) -> list[str]:
        return [program.instructions[address] for address in addresses]

    tier_trace = program.trace(of_tier(program, tier), tier, model, texts[:1], scratch)
    entries = {symbol.name: symbol.start for symbol in of_tier(program, tier) if symbol.name.startswith(tier)}
    steps = calls(tier_trace, entries[f"{tier}_lstm_step_i16"], entries.values())
    rows = calls(tier_trace, entries[f"{tier}_project_i8"], entries.values())
    step = steps[len(steps) // 2]
    sources = program.sources_of(step)
    dot = [address for address in step if "v_dot_panel" in sources[address]]
    cell = [address for address in step if "v_dot_panel" not in sources[address]]
    text_trace = program.trace(text_functions(program, tier), tier, model, texts[:TRACED_REVIEWS], scratch)
    last = calls(text_trace, program.function("drupelet_predict").start)[-1]
    answer = output_of([EMULATOR, str(program.path), tier, str(model)], f"{texts[TRACED_REVIEWS - 1]}\n".encode())
    tokens = int(answer.splitlines()[1].split("\t")[0])
    return Work(lines(step), lines(dot), lines(cell), lines(rows[0]), lines(last), tokens)


def count(program: Program, tier: str, folder: WorkloadFolder, texts: Sequence[str], scratch: Path) -> Counts:
    """The average numbers of steps and of projected rows for these reviews."""
    names = (f"{tier}_lstm_step_i16", f"{tier}_project_i8")
    entries = [Symbol(name, program.function(name).start, 4) for name in names]
    trace = program.trace(entries, tier, folder.bundle / f"model.{SCHEME}.drupelet", texts, scratch)
    steps = trace.count(entries[0].start)
    return Counts(steps / len(texts), (len(trace) - steps) / steps)


def predict(mca: str, processor: Processor, weight_range: int, work: Work, counts: Counts) -> dict[str, Any]:
    """The prediction for a processor and a range of int8 weights, as a JSON object."""

    def cycles(instructions: Sequence[str], times: int = STEPS_IN_A_ROW) -> float:
        return predicted_cycles(mca, processor, instructions, times)

    step, row = cycles(work.step), cycles(work.row)
    text = cycles(work.text, 1) / work.text_tokens
    token = step + counts.rows_per_token * row + text
    return {
        "device": processor.device,
        "core": processor.core,
        "llvm_model": processor.model,
        "ghz": processor.ghz,
        "tier": processor.tier,
        "weight_range": weight_range,
        "instructions": {
            "step": len(work.step),
            "dot": len(work.dot),
            "cell": len(work.cell),
            "row": len(work.row),
            "text_per_token": len(work.text) / work.text_tokens,
        },
        "cycles": {
            "step": step,
            "dot": cycles(work.dot),
            "cell": cycles(work.cell),
            "row": row,
            "text_per_token": text,
            "token": token,
        },
        "us_per_review": token * counts.tokens_per_review / processor.ghz / 1000,
    }


def markdown(report: dict[str, Any]) -> str:
    """The report as a table for docs/performance.md."""
    header = (
        "| device | tier | weights within | dot products | cell | a step in all | a row | text | **a token** | **a review** |",
        "|---|---|---|---|---|---|---|---|---|---|",
    )
    rows = [
        f"| {one['device']}, {one['core']} {one['ghz']} GHz | {one['tier']} | {one['weight_range']} "
        f"| {c['dot']:,.0f} | {c['cell']:,.0f} | {c['step']:,.0f} | {c['row']:,.0f} | {c['text_per_token']:,.0f} "
        f"| **{c['token']:,.0f}** "
        f"| **{one['us_per_review']:,.0f} us** |"
        for one in report["processors"]
        for c in [one["cycles"]]
    ]
    return "\n".join([*header, *rows])


def main() -> None:
    """Prints the table, and writes the report to the file of --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the prepared workload")
    parser.add_argument(
        "--compiler",
        default=" ".join(COMPILER),
        help="C compiler for 64-bit Arm, such as 'zig cc -target aarch64-linux-musl'",
    )
    parser.add_argument("--json", type=Path, help="report to write")
    options = parser.parse_args()
    compiler = tuple(shlex.split(options.compiler))
    for needed in (compiler[0], "aarch64-linux-gnu-objdump", EMULATOR):
        if not shutil.which(needed):
            sys.exit(
                f"{needed} is not installed: apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
            )
    mca = llvm_mca()
    folder = WorkloadFolder(options.folder)
    texts = read_lines(folder.held_out)
    with tempfile.TemporaryDirectory() as scratch:
        program = Program.build(compiler, Path(scratch))
        tiers = dict.fromkeys(processor.tier for processor in PROCESSORS)
        works = {
            (tier, weight_range): record(program, tier, bundle, texts, Path(scratch))
            for tier in tiers
            for weight_range, bundle in ((INT8_MAX, folder.bundle), (SMALL_INT8, folder.small_bundle))
        }
        counts = count(program, PROCESSORS[0].tier, folder, texts[:COUNTED_REVIEWS], Path(scratch))
    report = {
        "schema_version": SCHEMA_VERSION,
        "method": {
            "compiled": " ".join([*compiler, *FLAGS]),
            "recorded": f"{EMULATOR} -singlestep -d exec,nochain -dfilter FUNCTIONS",
            "predicted": f"{mca} -mtriple=aarch64 -mcpu=MODEL -mattr=+dotprod -iterations={STEPS_IN_A_ROW}",
            "assumed": "every load hits the first cache, every branch is foreseen",
            "token": "step + rows_per_token * row + text_per_token",
        },
        "versions": {
            compiler[0]: output_of([*compiler, "--version"]).splitlines()[0],
            EMULATOR: output_of([EMULATOR, "--version"]).splitlines()[0],
            mca: next(line.strip() for line in output_of([mca, "--version"]).splitlines() if "version" in line),
        },
        "workload": {"scheme": SCHEME, "reviews": COUNTED_REVIEWS, **vars(counts)},
        "processors": [
            predict(mca, one, weight_range, works[one.tier, weight_range], counts)
            for one in PROCESSORS
            for weight_range in WEIGHT_RANGES
        ],
    }
    print(markdown(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
