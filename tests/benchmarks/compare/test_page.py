"""The committed page is what the committed report gives; a peer that failed is a row with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.compare.page import PICTURE_FILES, page, short_table
from benchmarks.compare.peers import PEERS
from benchmarks.compare.reports import report

DOCS = Path(__file__).parents[3] / "docs"


def test_the_committed_page_is_that_of_the_committed_report() -> None:
    committed = json.loads((DOCS / "reports/compare.json").read_text(encoding="utf-8"))
    assert page(committed) == (DOCS / "benchmarks.md").read_text(encoding="utf-8"), "run make compare-page"
    assert not committed["quick"]
    assert [row["key"] for row in committed["peers"]] == list(PEERS)
    for name in PICTURE_FILES:
        assert (DOCS / "pictures" / name).is_file()


@pytest.mark.parametrize(
    "line",
    [
        "| **Ours** | 10 | 100 | 1 (0.99 to 1.01) |",
        "| Broken \\| engine | - | - | **not installed: no such package** |",
        "| Elsewhere | 500 → 600 |",
        "| **Ours** | 10,000 (9,000 to 11,000) | 10,000 (9,000 to 11,000) | 10,000 (9,000 to 11,000) | - |",
        "| **Ours** | 5 (4 to 6) | 2 | 3 | 706 kB | 1.07 MB |",
        "| Broken \\| engine | - | - | - | - | - |",
        "| **Ours** | 0.8880 (0.873 to 0.901) |",
        "| Drupelet wi8 | 2 | - | 2 |",
        "| **Ours** | Drupelet | as it is | one text a run | numpy 1.0 |",
        "onnxruntime f32: it broke",
    ],
)
def test_the_page_has_a_line(line: str) -> None:
    assert line in page(report()).splitlines()


def test_the_page_names_machine_tier_load_and_spread() -> None:
    shown = page(report())
    assert (
        "A processor, family 26, model 2, 2 cores, avx2, fma; Linux 1.0, Python 3.11.7. Load 0.5 before and 1.5"
        in shown
    )
    assert "it had 55 % of its core (median; at least 10 %)" in shown
    assert "drupelet 0.1.0, avx2" in shown
    assert "**A quick run**" not in shown
    assert "**A quick run**" in page({**report(), "quick": True})


def test_peers_that_all_failed_are_a_page_too() -> None:
    broken = report()
    broken["peers"] = [row for row in broken["peers"] if row["failed"]]
    shown = page(broken)
    assert "**not installed: no such package**" in shown
    assert "## Accuracy" not in shown


def test_the_short_table_has_a_row_a_peer_and_the_reasons() -> None:
    lines = short_table(report()).splitlines()
    assert len(lines) == 1 + 7 + 1
    assert lines[-1] == "broken: not installed: no such package"
    assert "0.8880" in lines[1]
