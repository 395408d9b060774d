"""Compares Drupelet with other ways to label a text: ``python -m benchmarks.compare FOLDER --workload WORKLOAD``.

FOLDER is for environments and models; they stay, so that a second run starts sooner. WORKLOAD is prepared by
``benchmarks.prepare`` and has fastText's models. A peer that cannot be installed, loaded or asked is a row with its reason.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.compare.page import page, short_table
from benchmarks.compare.peers import PEERS, chosen_peers
from benchmarks.compare.pictures import write_pictures
from benchmarks.compare.workloads import FULL, QUICK
from benchmarks.workload_folder import WorkloadFolder
from drupelet.errors import DrupeletError, InputError
from drupelet_train.atomic import replacing


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 2 when nothing can be compared."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder for environments and models")
    parser.add_argument("--workload", type=Path, metavar="FOLDER", help="the prepared workload, with fastText's models")
    parser.add_argument("--peers", default="", metavar="A,B", help=f"only these: {', '.join(PEERS)}")
    parser.add_argument(
        "--quick", action="store_true", help="a few minutes: fewer lengths, texts and rounds; figures are rough"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="report to write, or to read with --draw")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="page to write of the report, for example docs/benchmarks.md"
    )
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="folder to write its pictures to")
    parser.add_argument(
        "--draw", action="store_true", help="measure nothing; write page and pictures of the report again"
    )
    parser.add_argument("--note", metavar="TEXT", help="with --draw: what was odd about the run, for report and page")
    options = parser.parse_args(arguments)
    if options.draw and options.json is None:
        parser.error("--draw needs --json FILE, the report to draw")
    if not options.draw and options.workload is None:
        parser.error("--workload FOLDER is missing; make compare prepares it")
    try:
        report = read_report(options.json) if options.draw else measure(options)
        if options.draw and options.note:
            report["method"]["note"] = options.note
            write(options.json, json_of(report))
        if options.page is not None:
            write(options.page, page(report))
        if options.pictures is not None:
            write_pictures(options.pictures, report)
    except DrupeletError as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 2
    print(short_table(report))
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The report of a new run, written where the command line says. Raises InputError."""
    from benchmarks.compare.runner import Order, compare

    names = [name for name in options.peers.split(",") if name]
    peers = chosen_peers(names)
    folder, workload = options.folder.absolute(), WorkloadFolder(options.workload.absolute())
    if not workload.held_out.is_file():
        raise InputError(
            f"{options.workload}: no prepared workload ({workload.held_out.name} is missing); make compare prepares it"
        )
    order = Order(
        peers=peers,
        folder=folder,
        workload=workload,
        extent=QUICK if options.quick else FULL,
        quick=options.quick,
        progress=Progress(),
    )
    folder.mkdir(parents=True, exist_ok=True)
    report = compare(order)
    if options.json is not None:
        write(options.json, json_of(report))
    return report


def json_of(report: dict[str, Any]) -> str:
    """The report as its file holds it."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def read_report(path: Path) -> dict[str, Any]:
    """The report of an earlier run. Raises InputError when there is none."""
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no report that can be read ({error}); make compare writes one") from error
    if not isinstance(report, dict) or "method" not in report:
        raise InputError(f"{path}: JSON, but no report of this command; make compare writes one")
    return report


def write(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


class Progress:
    """Prints each step with the minutes since the start, when stderr is a terminal."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, line: str) -> None:
        if sys.stderr.isatty():
            minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
            print(f"{minutes:2d}:{seconds:02d} {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
