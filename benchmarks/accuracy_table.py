"""Prints the accuracy report as tables: every system for docs/measurements.md, and a few well-known ones for README.

python -m benchmarks.accuracy_table docs/reports/accuracy-size.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEADER = (
    "system",
    "file",
    "it holds",
    "bytes",
    "held-out reviews (95 %)",
    "calibration error",
    "Rotten Tomatoes (95 %)",
)


def markdown_accuracies(document: Mapping[str, Any]) -> str:
    """A Markdown table with one row per system, in the order of the report."""
    lines = [HEADER, ("---",) * len(HEADER)]
    for row in document["rows"]:
        held_out, sentences = row["scores"]["held_out"], row["scores"]["rotten_tomatoes"]
        lines.append(
            (
                row["name"],
                row["file"],
                row["holds"],
                f"{row['bytes']:,}",
                _accuracy(held_out),
                f"{held_out['expected_calibration_error']:.3f}",
                _accuracy(sentences),
            )
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


README_ROWS = {
    "imdb-tiny wi4": "Drupelet, `imdb-tiny`",
    "fastText, quantized": "fastText with bigrams, quantized (.ftz)",
    "TF-IDF regression": "scikit-learn: TF-IDF, logistic regression",
}
"""The systems in README's table: names in the report, and names for readers."""


def markdown_short(document: Mapping[str, Any]) -> str:
    """README's table: bytes and accuracy of the systems in README_ROWS."""
    rows = {row["name"]: row for row in document["rows"]}
    lines = ["| system | bytes of the model | accuracy on 2,000 held-out reviews (95 %) |", "|---|---|---|"]
    for name, shown in README_ROWS.items():
        row = rows[name]
        lines.append(f"| {shown} | {row['bytes']:,} | {_accuracy(row['scores']['held_out'])} |")
    return "\n".join(lines)


def _accuracy(score: Mapping[str, Any]) -> str:
    low, high = score["interval_95"]
    return f"{score['accuracy']:.4f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(markdown_accuracies(report), markdown_short(report), sep="\n\n")
