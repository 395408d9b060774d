"""The accuracy report for people: README holds the table of docs/reports/accuracy-size.json.

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
    """A row a system, in the order of the report."""
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


def _accuracy(score: Mapping[str, Any]) -> str:
    low, high = score["interval_95"]
    return f"{score['accuracy']:.4f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    print(markdown_accuracies(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
