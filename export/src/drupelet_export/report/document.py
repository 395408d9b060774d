"""Puts together the JSON document that ``report.html`` is rendered from."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from typing import Any

from drupelet.bundle import Bundle
from drupelet.comparison import answer_difference
from drupelet.goldens import SUITES, Golden
from drupelet.ledger import size_ledger
from drupelet.output import most_probable
from drupelet.reliability import Reliability
from drupelet.verification import EngineVerdict, Verification
from drupelet_export.report.page import SCHEMA_VERSION, difference_histogram

MAX_FLIPPED = 200
"""Flips that the document lists; a bundle with more is broken, and the counts still say how many."""


def report_document(
    bundle: Bundle,
    verification: Verification,
    goldens: Sequence[Golden],
    explain: list[dict[str, Any]] | None = None,
    pruning: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The document for a bundle and what its files answered on the goldens."""
    manifest = bundle.manifest
    results = verification.to_json()["results"]
    for result, verdict in zip(results, verification.verdicts, strict=True):
        result["histogram"] = _histogram(verdict, goldens)
        result["reliability"] = _first(comparison.reliability for comparison in verdict.comparisons.values())
    comparisons = [comparison for verdict in verification.verdicts for comparison in verdict.comparisons.values()]
    return {
        "schema_version": SCHEMA_VERSION,
        "name": manifest.name,
        "verdict": "passed" if verification.passed else "failed",
        "created_by": manifest.created_by,
        "network": manifest.architecture.summary(),
        "labels": list(manifest.labels),
        "source": dict(manifest.source),
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
        "results": results,
        "reference_reliability": _first(comparison.reference_reliability for comparison in comparisons),
        "flipped": [row for verdict in verification.verdicts for row in _flipped(verdict, goldens, manifest.labels)][
            :MAX_FLIPPED
        ],
        "ledger": {
            model.entry.file: size_ledger(
                manifest.architecture,
                model.scheme,
                model.entry.size_bytes,
                manifest.vocabulary.size_bytes if model.format == "native" else 0,
            )
            for model in manifest.models
        },
        "explain": None if explain is None else [_explained(row) for row in explain if "tensor" in row],
        "pruning": pruning,
    }


def _explained(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("scheme", "tensor", "max_dp", "mean_dp", "flips")}


def _first(found: Iterable[Reliability | None]) -> dict[str, Any] | None:
    """The first that is known: that of the suite with true labels."""
    return next((reliability.to_json() for reliability in found if reliability is not None), None)


def _histogram(verdict: EngineVerdict, goldens: Sequence[Golden]) -> dict[str, Any] | None:
    """The histogram of the first suite that has answers."""
    for suite in SUITES:
        if verdict.answers.get(suite):
            chosen = [golden for golden in goldens if golden.suite == suite]
            pairs = zip(chosen, verdict.answers[suite], strict=True)
            return dict(
                difference_histogram(answer_difference(golden.probabilities, answer) for golden, answer in pairs)
            )
    return None


def _flipped(verdict: EngineVerdict, goldens: Sequence[Golden], labels: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for suite, comparison in verdict.comparisons.items():
        chosen = [golden for golden in goldens if golden.suite == suite]
        for place in comparison.flips:
            golden, answer = chosen[place], verdict.answers[suite][place]
            rows.append(
                {
                    "file": verdict.model.entry.file,
                    "engine": verdict.engine,
                    "name": golden.name,
                    "text": golden.whole_text,
                    "label": None if golden.label is None else labels[golden.label],
                    "keras": _answer(golden.probabilities, labels),
                    "engine_answer": _answer(answer, labels),
                }
            )
    return rows


def _answer(probabilities: Sequence[float], labels: Sequence[str]) -> dict[str, Any]:
    best = most_probable(probabilities)
    return {"label": labels[best], "probability": probabilities[best]}
