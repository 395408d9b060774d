"""``drupelet doctor``: what this machine can run, and why not."""

from __future__ import annotations

import argparse
import json
import platform
from typing import Any

from drupelet.bundle import open_bundle
from drupelet.classifier import unavailable_reason
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.table import render_table
from drupelet.engines import ENGINES
from drupelet.errors import EngineUnavailableError
from drupelet.version import __version__


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("bundle", nargs="?", help="also say which engines can run this bundle")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints machine and engines; exit status 1 when no engine can run (the bundle, when one is given)."""
    bundle = None if options.bundle is None else open_bundle(options.bundle)
    statuses: list[dict[str, Any]] = []
    for engine in ENGINES.values():
        reason = engine.check() if bundle is None else unavailable_reason(bundle, engine)
        version = None
        try:
            version = engine.version() if engine.check() is None else None
        except EngineUnavailableError as error:
            reason = str(error)
        statuses.append({"engine": engine.name, "format": engine.format, "version": version, "reason": reason})
    report = {
        "schema_version": 1,
        "drupelet": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.platform(),
        "bundle": options.bundle,
        "engines": statuses,
    }
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        print(f"drupelet {__version__}, Python {report['python']}, {report['machine']}, {report['system']}")
        rows = [
            [s["engine"], s["format"], "yes" if s["reason"] is None else "no", s["version"] or "-", s["reason"] or ""]
            for s in statuses
        ]
        print(render_table(["engine", "runs", "available", "library", "why not"], rows))
    return EXIT_OK if any(status["reason"] is None for status in statuses) else EXIT_CHECK_FAILED


COMMAND = Command("doctor", "say which engines this machine can run, and why not the others", configure, run)
