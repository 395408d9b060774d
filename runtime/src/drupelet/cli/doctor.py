"""``drupelet doctor``: the engines that this machine can run, and the reasons why it cannot run the others."""

from __future__ import annotations

import argparse
import platform
import sys

from drupelet.availability import engine_statuses
from drupelet.bundle import open_bundle
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.table import render_table
from drupelet.engines.smoke_test import SMOKE_TEST_SECONDS
from drupelet.version import __version__


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "bundle", nargs="?", help="also load a file of it and answer a text, on every engine that reads one"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints the machine and its engines. Exit status 1 when no engine can run (the bundle, when one is given)."""
    bundle = None if options.bundle is None else open_bundle(options.bundle)
    if sys.stderr.isatty():
        print(f"testing the engines (at most {SMOKE_TEST_SECONDS} s)", file=sys.stderr)
    statuses = engine_statuses(bundle)
    report = {
        "schema_version": 1,
        "drupelet": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.platform(),
        "bundle": options.bundle,
        "engines": [
            {"engine": s.name, "format": s.format, "version": s.version, "reason": s.reason, "file": s.file}
            for s in statuses
        ],
    }
    if options.json:
        print_document(report)
    else:
        print(f"drupelet {__version__}, Python {report['python']}, {report['machine']}, {report['system']}")
        rows = [[s.name, s.format, "yes" if s.available else "no", s.version or "-", s.reason or ""] for s in statuses]
        print(render_table(["engine", "runs", "available", "library", "why not"], rows))
    return EXIT_OK if any(status.available for status in statuses) else EXIT_CHECK_FAILED


COMMAND = Command("doctor", "say which engines this machine can run, and why not the others", configure, run)
