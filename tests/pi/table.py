"""Prints the rig's outcome as Markdown tables. docs/raspberry-pi.md has the tables of docs/reports/raspberry-pi.json.

python -m pi.table docs/reports/raspberry-pi.json
"""

from __future__ import annotations

import decimal
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pi.outcome import WORKSTATION
from pi.processors import PROCESSORS
from pi.roots import ROOTS

ENGINES = ("native", "litert", "onnx", "numpy")
NOTHING = "-"
UPWARDS = decimal.Context(prec=2, rounding=decimal.ROUND_UP)
"""Rounds up, so that "within" stays true."""


def verdicts(document: dict[str, Any]) -> str:
    """The table root x processor x engine: verified or failed, and the greatest difference to x86-64."""
    header = ["system", "Python", "engine", "installed", *PROCESSORS]
    lines = []
    for root, description in ROOTS.items():
        rows = [row for row in document["rows"] if row["root"] == root]
        for environment, engine in _distinct((row["environment"], row["engine"]) for row in rows):
            chosen = [row for row in rows if (row["environment"], row["engine"]) == (environment, engine)]
            cells = [_cell([row for row in chosen if row["board"] == board]) for board in PROCESSORS]
            size = f"{chosen[0]['library']} ({environment}), {chosen[0]['installed_bytes'] / 1e6:.1f} MB"
            system = f"{root} ({description.stands_for})"
            lines.append([system, chosen[0]["python"], engine, size, *cells])
    return _markdown(header, lines)


def engines(document: dict[str, Any]) -> str:
    """The table system x engine: the library that runs there, or the reason why none does."""
    lines = []
    for root, description in ROOTS.items():
        rows = [row for row in document["rows"] if row["root"] == root]
        if not rows:
            continue
        cells = []
        for engine in ENGINES:
            libraries = _distinct(row["library"] for row in rows if row["engine"] == engine)
            cells.append(", ".join(libraries) or f"no: {document['absent'][root].get(engine, 'not tried')}")
        boards = ", ".join(description.boards)
        lines.append([f"{description.stands_for}: {boards}", rows[0]["python"], rows[0]["machine"], *cells])
    return _markdown(["system", "Python", "machine", *ENGINES], lines)


def costs(document: dict[str, Any]) -> str:
    """The table of each library's disk space on 64-bit Arm (else on the workstation) and memory on the workstation."""
    lines = []
    for library in _distinct(row["library"] for row in document["rows"] if row["root"] == WORKSTATION):
        here = next(row for row in document["rows"] if row["library"] == library and row["root"] == WORKSTATION)
        arm = [row for row in document["rows"] if row["library"] == library and row["machine"] == "aarch64"]
        disk = (arm or [here])[0]["installed_bytes"]
        memory = "not measured" if here["memory_mb"] is None else f"{here['memory_mb']:.1f} MB"
        lines.append([here["engine"], library, f"{disk / 1e6:.1f} MB", memory])
    return _markdown(["engine", "library", "disk, with what it needs", "memory above bare Python"], lines)


def _cell(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return NOTHING
    failures = [failure for row in rows for failure in row["failures"]]
    if failures:
        return f"FAILED: {failures[0]}"
    worst = max(row["difference_to_x86_64"] for row in rows)
    tiers = [row["tier"] for row in rows if row["tier"]]
    same = "same bits" if worst == 0 else f"within {UPWARDS.create_decimal(worst):.1e}"
    return f"verified, {same}" + (f" ({', '.join(tiers)})" if tiers else "")


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def render(document: dict[str, Any]) -> str:
    """All three tables."""
    return "\n\n".join([verdicts(document), engines(document), costs(document)])


if __name__ == "__main__":
    print(render(json.loads(Path(sys.argv[1]).read_text())))
