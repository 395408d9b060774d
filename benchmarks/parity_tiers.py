"""Compares the native engine on every tier with Keras, on all held-out reviews and the edge suite.

``make parity-tiers`` prints one row for each file, tier and suite, and writes them to docs/reports/parity-tiers.json. It fails
unless every gate passes and all tiers give the same bits.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drupelet._native import tiers
from drupelet.bundle import Bundle, open_bundle
from drupelet.cli.table import render_table
from drupelet.engines.native_engine import TIER_VARIABLE
from drupelet.goldens import Golden
from drupelet.verification import EngineVerdict, run_engines
from drupelet_export.compiled import compile_source
from drupelet_export.parity.reference_texts import load_held_out, reference_goldens
from drupelet_export.reading.source import read_run_folder

SCHEMA_VERSION = 1


def verdicts_of_tiers(bundle: Bundle, goldens: Sequence[Golden]) -> dict[str, tuple[EngineVerdict, ...]]:
    """The verdicts of all .drupelet files, by tier, for every tier that this machine runs."""
    verdicts = {}
    for tier, lacks in tiers().items():
        if lacks is not None:
            print(f"not run: tier {tier}: {lacks}", file=sys.stderr)
            continue
        os.environ[TIER_VARIABLE] = tier
        verdicts[tier] = run_engines(bundle, goldens, "native").verdicts
    return verdicts


def rows_of(verdicts: Mapping[str, Sequence[EngineVerdict]]) -> list[dict[str, Any]]:
    """A JSON object for each file, tier and suite. ``same_bits`` is true when the answers equal those of the first tier."""
    first = next(iter(verdicts.values()))
    return [
        {
            "file": verdict.model.entry.file,
            "tier": tier,
            "suite": suite,
            "same_bits": verdict.answers[suite] == reference.answers[suite],
            **comparison.to_json(),
        }
        for tier, of_tier in verdicts.items()
        for verdict, reference in zip(of_tier, first, strict=True)
        for suite, comparison in verdict.comparisons.items()
    ]


def main() -> int:
    """Runs the comparison; exit status 1 when a gate fails or bits differ."""
    parser = argparse.ArgumentParser(description="compare the native engine on every tier with Keras")
    parser.add_argument("bundle", help="bundle with .drupelet files of the schemes to compare")
    parser.add_argument("run", type=Path, help="run folder of the Keras model that it was exported from")
    parser.add_argument("--json", type=Path, required=True, help="report to write")
    options = parser.parse_args()
    compiled = compile_source(read_run_folder(options.run))
    goldens = reference_goldens(compiled, load_held_out("imdb", compiled.final.labels))
    rows = rows_of(verdicts_of_tiers(open_bundle(options.bundle), goldens))
    options.json.write_text(json.dumps({"schema_version": SCHEMA_VERSION, "rows": rows}, indent=1) + "\n")
    print(
        render_table(
            ["file", "tier", "suite", "n", "flips", "max dp", "same bits", "verdict"],
            [
                [row["file"], row["tier"], row["suite"], str(row["n"]), str(row["flips"]),
                 f"{row['max_difference']:.2e}", "yes" if row["same_bits"] else "NO",
                 "passed" if row["passed"] else "FAILED"]
                for row in rows
            ],
        )
    )  # fmt: skip
    return 0 if rows and all(row["passed"] and row["same_bits"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
