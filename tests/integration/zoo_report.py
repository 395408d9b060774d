"""Measures the zoo: the largest difference from Keras of each network, scheme and engine, as docs/reports/zoo.json.

    PYTHONPATH=tests python -m integration.zoo_report FILE.json [--engines native,numpy] [--schemes f32,wi8] [--missing]

What is measured replaces what the file says of it; all else stays, so a run that was stopped goes on with --missing.
Exit status 1: a gate was broken.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from drupelet.schemes import SCHEMES
from integration.zoo_engines import ENGINES, TEXTS, ask
from integration.zoo_of_architectures import ALL, ARCHITECTURES


def kind_of(name: str) -> str:
    """Whether a network of the zoo is a whole architecture or shows operations."""
    return "architecture" if name in {build.__name__ for build in ARCHITECTURES} else "operations"


def measured(name: str, wanted: Sequence[tuple[str, str]]) -> tuple[dict[str, dict[str, float]], list[str]]:
    """The largest differences of a network by scheme and engine, and the gates that it broke."""
    asked = ask(name)
    differences: dict[str, dict[str, float]] = {}
    failures = []
    for scheme, engine in wanted:
        compared = asked.compared(scheme, engine)
        differences.setdefault(scheme, {})[engine] = float(f"{compared.max_difference:.1e}")
        failures += [f"{name}: {scheme} on {engine}: {failure}" for failure in compared.failures]
    return differences, failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes, a network at a time, so that an interrupted run loses nothing."""
    parser = argparse.ArgumentParser(description="measures the zoo")
    parser.add_argument("file", type=Path)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--schemes", default=",".join(SCHEMES))
    parser.add_argument("--kind", choices=("operations", "architecture"), help="only these networks")
    parser.add_argument("--missing", action="store_true", help="only what the file does not have")
    options = parser.parse_args(arguments)
    pairs = [(scheme, engine) for scheme in options.schemes.split(",") for engine in options.engines.split(",")]
    held = json.loads(options.file.read_text(encoding="utf-8")) if options.file.exists() else {"networks": {}}
    failures = []
    for name in ALL:
        if options.kind not in (None, kind_of(name)):
            continue
        schemes = held["networks"].setdefault(name, {"kind": kind_of(name), "schemes": {}})["schemes"]
        wanted = [pair for pair in pairs if not (options.missing and pair[1] in schemes.get(pair[0], {}))]
        if not wanted:
            continue
        differences, broken = measured(name, wanted)
        failures += broken
        for scheme, engines in differences.items():
            schemes.setdefault(scheme, {}).update(engines)
        print(name, differences, flush=True)
        held["texts"] = len(TEXTS)
        held["networks"] = {each: held["networks"][each] for each in ALL if each in held["networks"]}
        partial = options.file.with_suffix(".partial")
        partial.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
        partial.replace(options.file)
    print(*failures, sep="\n", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
