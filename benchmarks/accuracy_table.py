"""Prints the accuracy report as tables: every system for docs/measurements.md, and a few well-known ones for README.

python -m benchmarks.accuracy_table docs/reports/accuracy-size.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STANDARD_TEST = "standard_test"
PARTS = {STANDARD_TEST: "standard test", "held_out": "held-out reviews", "rotten_tomatoes": "Rotten Tomatoes"}
"""Sets of texts, those that count most first, and their names for readers."""


def markdown_accuracies(document: Mapping[str, Any]) -> str:
    """A Markdown table with one row per system, in the order of the report."""
    first, *others = parts_of(document)
    columns = ("system", "file", "it holds", "bytes", f"{PARTS[first]} (95 %)", "calibration error")
    header = (*columns, *(f"{PARTS[part]} (95 %)" for part in others))
    lines = [header, ("---",) * len(header)]
    for row in document["rows"]:
        scores = row["scores"]
        known = (row["name"], row["file"], row["holds"], f"{row['bytes']:,}", _accuracy(scores[first]))
        error = f"{scores[first]['expected_calibration_error']:.3f}"
        lines.append((*known, error, *(_accuracy(scores[part]) for part in others)))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


TEXTS = {STANDARD_TEST: "{:,} reviews of the standard test", "held_out": "{:,} held-out reviews"}
"""What a first set of texts is, with the number of its texts."""


def main_score(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The score of a system on the texts that count most."""
    score: Mapping[str, Any] = next(row["scores"][part] for part in PARTS if part in row["scores"])
    return score


def parts_of(document: Mapping[str, Any]) -> list[str]:
    """The sets of texts that the systems of a report answered, those that count most first."""
    return [part for part in PARTS if part in document["rows"][0]["scores"]]


README_ROWS = {
    "imdb wi8": "Drupelet, `imdb`",
    "imdb-tiny wi4": "Drupelet, `imdb-tiny`",
    "imdb-nano wi4": "Drupelet, `imdb-nano`",
    "fastText, quantized": "fastText with bigrams, quantized (.ftz)",
    "TF-IDF regression": "scikit-learn: TF-IDF, logistic regression",
}
"""The systems in README's table: names in the report, and names for readers."""


def markdown_short(document: Mapping[str, Any]) -> str:
    """README's table: bytes and accuracy of the systems in README_ROWS."""
    rows = {row["name"]: row for row in document["rows"]}
    texts = TEXTS[parts_of(document)[0]].format(main_score(document["rows"][0])["n"])
    lines = [f"| system | bytes of the model | accuracy on {texts} (95 %) |", "|---|---|---|"]
    for name, shown in README_ROWS.items():
        row = rows[name]
        lines.append(f"| {shown} | {row['bytes']:,} | {_accuracy(main_score(row))} |")
    return "\n".join(lines)


def _accuracy(score: Mapping[str, Any]) -> str:
    low, high = score["interval_95"]
    return f"{score['accuracy']:.4f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(markdown_accuracies(report), markdown_short(report), sep="\n\n")
