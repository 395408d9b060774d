from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from pi.outcome import Outcome, Row
from pi.table import costs, engines, render, verdicts
from pi.test_outcome import ROW

DOCS = Path(__file__).parents[2] / "docs"
REPORT = DOCS / "reports" / "raspberry-pi.json"
LITERT = dataclasses.replace(
    ROW,
    environment="ai-edge-litert",
    engine="litert",
    library="ai-edge-litert 2.3.0",
    tier=None,
    installed_bytes=137_000_000,
    difference_to_x86_64=1.51e-7,
)


def table(text: str) -> list[list[str]]:
    """The cells of a Markdown table, without its header."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]


def document(*rows: Row) -> dict[str, object]:
    return Outcome(rows, {"arm64-bookworm": {"onnx": "no wheel | for it"}}, {}).to_json()


def test_a_cell_has_the_tiers_and_the_greatest_difference() -> None:
    neon = dataclasses.replace(ROW, tier="neon")
    scalar = dataclasses.replace(ROW, tier="scalar")
    pi_5 = dataclasses.replace(LITERT, board="Pi 5")
    native, litert = table(verdicts(document(scalar, neon, LITERT, pi_5)))
    assert native[1:4] == ["3.11.2", "native", "drupelet 0.1.0 (wheel), 0.3 MB"]
    assert native[4:] == ["-", "-", "-", "verified, same bits (scalar, neon)", "-"]
    assert litert[4:] == ["-", "-", "-", "verified, within 1.6e-7", "verified, within 1.6e-7"]


def test_one_failure_fails_the_cell() -> None:
    failed = dataclasses.replace(ROW, failures=("other bits",))
    (native,) = table(verdicts(document(ROW, failed)))
    assert native[7] == "FAILED: other bits"


def test_engines_that_a_system_lacks_come_with_the_reason() -> None:
    (line,) = table(engines(document(ROW, LITERT)))
    assert line[1:] == [
        "3.11.2",
        "aarch64",
        "drupelet 0.1.0",
        "ai-edge-litert 2.3.0",
        "no: no wheel / for it",
        "no: not tried",
    ]


def test_costs_take_disk_from_arm_and_memory_from_the_workstation() -> None:
    here = dataclasses.replace(LITERT, root="x86_64", machine="x86_64", installed_bytes=1, memory_mb=25.04)
    assert table(costs(document(LITERT, here))) == [["litert", "ai-edge-litert 2.3.0", "137.0 MB", "25.0 MB"]]
    without = dataclasses.replace(here, memory_mb=None)
    assert table(costs(document(LITERT, without)))[0][-1] == "not measured"


def test_the_page_holds_the_tables_of_the_report() -> None:
    """After ``make report-pi``: ``python -m pi.table docs/reports/raspberry-pi.json`` prints them."""
    report = json.loads(REPORT.read_text())
    page = (DOCS / "raspberry-pi.md").read_text()
    for part in render(report).split("\n\n"):
        assert part in page
    assert report["passed"]
