"""``drupelet list``: the bundles that can be named without their path."""

from __future__ import annotations

import argparse
from typing import Any

from drupelet.bundle import open_bundle
from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.table import render_table
from drupelet.errors import DrupeletError
from drupelet.known_bundles import known_bundles, places

SCHEMA_VERSION = 1
SHOWN_LABELS = 3
"""Most labels of a bundle that the table names; ``--json`` has all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints a line for each bundle; of one that is damaged, why."""
    found = [described(name, path) for name, path in known_bundles()]
    seen: set[str] = set()
    for bundle in found:
        bundle["hidden"] = bundle["name"] in seen
        seen.add(bundle["name"])
    if options.json:
        print_document({"schema_version": SCHEMA_VERSION, "places": places(), "bundles": found})
    elif found:
        print(render_table(["name", "labels", "schemes", "bytes", "verdict", "path"], list(map(_row, found))))
    else:
        print("no bundle in " + ", ".join(places()) + "; copy one there to call it by its name, or give its path")
    return EXIT_OK


def described(name: str, path: str) -> dict[str, Any]:
    """A bundle as a JSON object; ``error`` where it cannot be opened."""
    try:
        manifest = open_bundle(path).manifest
    except DrupeletError as error:
        return {"name": name, "path": path, "error": str(error)}
    return {
        "name": name,
        "path": path,
        "labels": list(manifest.labels),
        "schemes": list(dict.fromkeys(model.scheme for model in manifest.models)),
        "size_bytes": sum(model.entry.size_bytes for model in manifest.models),
        "verdict": manifest.verdict,
        "error": None,
    }


def _row(bundle: dict[str, Any]) -> list[str]:
    name = bundle["name"] + (" (hidden by the one above)" if bundle["hidden"] else "")
    if bundle["error"] is not None:
        return [name, "-", "-", "-", "damaged", bundle["error"]]
    labels = bundle["labels"]
    more = f", and {len(labels) - SHOWN_LABELS} more" if len(labels) > SHOWN_LABELS else ""
    return [
        name, ", ".join(labels[:SHOWN_LABELS]) + more, ", ".join(bundle["schemes"]), f"{bundle['size_bytes']:,}",
        bundle["verdict"], bundle["path"],
    ]  # fmt: skip


COMMAND = Command("list", "list the bundles that can be called by their names", configure, run)
