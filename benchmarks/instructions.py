"""Counts the instructions of fixed workloads, and compares them with those of docs/reports/instructions.json.

zig compiles the kernel, at the version of constraints.txt and with the flags of the wheel. valgrind counts x86-64, qemu Arm.
Two runs give the same counts, on every machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.instruction_baseline import BASELINE, PAGE, Baseline, compare, markdown, other_compiler, with_table
from benchmarks.instruction_machines import MACHINES, build, count, counter_versions, lacks, zig_version
from benchmarks.instruction_workloads import write_workloads


def missing() -> dict[str, str]:
    """The tiers that cannot be counted on this machine, as ``machine tier``, and why."""
    reasons = {f"{machine.name} {tier}": lacks(machine, tier) for machine in MACHINES for tier in machine.processors}
    return {column: reason for column, reason in reasons.items() if reason}


def measure() -> dict[str, dict[str, dict[str, int]]]:
    """The counts of every tier that can be counted here, by machine and tier."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_workloads(folder)
        for machine in MACHINES:
            tiers = [tier for tier in machine.processors if not lacks(machine, tier)]
            if tiers:
                program = build(machine, folder)
                counts[machine.name] = {tier: count(machine, tier, program, folder) for tier in tiers}
    return counts


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the counts and what is wrong with them. Exit status 1 when something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--accept", action="store_true", help="make the counts the baseline, in the report and the page"
    )
    parser.add_argument("--json", action="store_true", help="print the counts as the report has them, not as a table")
    options = parser.parse_args(arguments)
    uncounted = missing()
    for column, reason in uncounted.items():
        print(f"{column}: not counted: {reason}", file=sys.stderr)
    if options.accept and uncounted:
        parser.error(f"a baseline has every tier, and {len(uncounted)} cannot be counted here")
    counted = Baseline(zig_version(), {} if uncounted else counter_versions(), measure())
    print(counted.to_json() if options.json else markdown(counted), end="")
    if options.accept:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), markdown(counted)), encoding="utf-8")
        BASELINE.write_text(counted.to_json(), encoding="utf-8")
        return 0
    return judged(counted, Baseline.from_json(BASELINE.read_text(encoding="utf-8")))


def judged(counted: Baseline, baseline: Baseline) -> int:
    """Prints what is wrong with the counts. Returns 1 when something is."""
    unlike = other_compiler(counted.zig, baseline)
    failures = [unlike] if unlike else []
    for machine, tiers in counted.instructions.items():
        for tier, counts in tiers.items():
            found = compare(machine, tier, counts, baseline)
            failures += found.failures
            for warning in found.warnings:
                print(f"warning: {warning}", file=sys.stderr)
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
