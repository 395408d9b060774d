"""Measures whether a rate of accepted foreign texts holds on fresh ones: ``python -m benchmarks.rejection [--out FILE]``.

The foreign texts are sentences of the documentation of the standard library of Python: its topics, and docstrings. The model is
that of ``artifacts/imdb-tiny``, whose own texts are held-out reviews. Each rate is chosen and checked as ``drupelet export
--reject`` does it; then the compiled file answers the fresh half.
"""

from __future__ import annotations

import argparse
import ast
import json
import platform
import pydoc_data.topics
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import drupelet
from drupelet.comparison import Accuracy
from drupelet.decision import float32
from drupelet_export.compiled import compile_source
from drupelet_export.parity.foreign_texts import ForeignTexts, choose_threshold
from drupelet_export.parity.reference_texts import load_held_out
from drupelet_export.reading.source import read_run_folder

BUNDLE = "artifacts/imdb-tiny"
RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
LEAST_WORDS = 8
"""Words of a sentence. Shorter ones are headings, and names with a type."""
SCHEMA_VERSION = 1


def foreign_sentences() -> tuple[str, ...]:
    """Distinct sentences of the documentation of the standard library, sorted."""
    found = set()
    for text in (*pydoc_data.topics.topics.values(), *_docstrings(Path(sysconfig.get_path("stdlib")))):
        for paragraph in re.split(r"\n\s*\n", text):
            for sentence in re.split(r"(?<=[.!?])\s+", " ".join(paragraph.split())):
                if len(re.findall(r"[A-Za-z']{2,}", sentence)) >= LEAST_WORDS:
                    found.add(sentence)
    return tuple(sorted(found))


def _docstrings(folder: Path) -> Iterator[str]:
    """The docstrings of the modules in a folder and in its packages, but for what was installed."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for path in sorted(folder.rglob("*.py")):
        if {"site-packages", "test", "tests", "idlelib", "__pycache__"} & set(path.relative_to(folder).parts):
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        yield from filter(None, (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds)))


def measured() -> dict[str, Any]:
    """The document of the measurement."""
    source = read_run_folder(Path(f"{BUNDLE}-source"))
    compiled = compile_source(source)
    classifier = drupelet.load(BUNDLE)
    texts = foreign_sentences()
    own = load_held_out("imdb", source.options.labels).texts
    own_scores = [float32(answer.probability) for answer in classifier.predict(own)]
    rows = []
    for rate in RATES:
        chosen = choose_threshold(compiled, ForeignTexts(rate, "sentences", texts))
        answers = classifier.predict(chosen.fresh)
        accepted = sum(float32(answer.probability) >= chosen.reject_below for answer in answers)
        rejected = sum(score < chosen.reject_below for score in own_scores)
        fresh = Accuracy(len(answers), accepted)
        rows.append(
            {
                "rate": rate,
                "reject_below": chosen.reject_below,
                "chosen_on": chosen.chosen_on,
                "accepted": chosen.accepted,
                "fresh": fresh.n,
                "fresh_accepted": accepted,
                "fresh_share": fresh.share,
                "fresh_interval_95": list(fresh.interval()),
                "own": len(own),
                "own_rejected": rejected,
                "own_rejected_share": rejected / len(own),
            }
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "bundle": BUNDLE,
        "file": classifier.model.entry.file,
        "engine": classifier.engine,
        "foreign": f"{len(texts)} sentences of the documentation of Python {platform.python_version()}",
        "rates": rows,
    }


def main() -> None:
    """Prints a line for each rate, and writes the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="file to write, as JSON")
    options = parser.parse_args()
    document = measured()
    for row in document["rates"]:
        low, high = row["fresh_interval_95"]
        print(
            f"{row['rate']:.0%} asked: {row['fresh_share']:.2%} of {row['fresh']:,} fresh texts accepted (95 %: {low:.2%} to "
            f"{high:.2%}), below {row['reject_below']:.4f}; {row['own_rejected_share']:.1%} of {row['own']:,} reviews rejected"
        )
    if options.out is not None:
        options.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
