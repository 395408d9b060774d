"""The program of a self-check's child process; :mod:`drupelet.serve.self_check` starts it and reads what it prints.

Goldens, and what compares them, take three times the memory of a server that answers: a process of their own gives it back.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from drupelet.bundle import Bundle
from drupelet.classifier import Classifier, load
from drupelet.comparison import Comparison
from drupelet.errors import BundleReplacedError, DrupeletError, FormatError, InputError
from drupelet.goldens import read_goldens
from drupelet.proof import claim, proof_here
from drupelet.strict_json import parse_object
from drupelet.verification import answer_goldens, compare_goldens


def main(path: str, engine: str, scheme: str, digest: str) -> None:
    """Prints one JSON object: what :class:`drupelet.serve.self_check.SelfCheck` has, ``failures``, or ``error``."""
    report = os.dup(1)
    os.dup2(2, 1)  # the prints of a library do not get between
    try:
        classifier = load(path, engine, scheme)
        if classifier.bundle.manifest.digest != digest:
            raise BundleReplacedError(f"{path}: was replaced while it was loaded; load it again")
        outcome = check(classifier)
    except DrupeletError as error:
        outcome = {"error": str(error)}
    with os.fdopen(report, "w", encoding="utf-8") as file:
        json.dump(outcome, file)


def check(classifier: Classifier) -> dict[str, Any]:
    """Compares the answers of a classifier with the goldens of its bundle. Raises InputError where there are none."""
    bundle = classifier.bundle
    manifest = bundle.manifest
    if manifest.goldens is None:
        raise InputError(f"{bundle.path}: no goldens to check itself with; serve a bundle that drupelet export wrote")
    goldens = read_goldens(bundle.read(manifest.goldens), f"{bundle.path}: {manifest.goldens.file}")
    comparisons = compare_goldens(classifier, goldens, answer_goldens(classifier, goldens))
    without_text = sum(not golden.has_text for golden in goldens)
    return {
        "failures": [f"{suite}: {failure}" for suite, found in comparisons.items() for failure in found.failures],
        "texts": len(goldens),
        "claim": claim(proof_here(manifest.proof, without_text), manifest.reference, without_text),
        **(_exported_accuracy(bundle, classifier) or _accuracy_here(comparisons)),
    }


def _exported_accuracy(bundle: Bundle, classifier: Classifier) -> dict[str, Any] | None:
    """The accuracy of this file as the export measured it, on more texts than a bundle carries; None where it had no labels."""
    entry = bundle.manifest.parity
    if entry is None:
        return None
    where = f"{bundle.path}: {entry.file}"
    try:
        results = parse_object(bundle.read(entry), where)["results"]
        for result in results:
            if (result["file"], result["engine"]) == (classifier.model.entry.file, classifier.engine):
                suite = result["suites"]["held_out"]
                measured = suite["accuracy"]
                return measured and _accuracy(measured["share"], measured["interval_95"], suite["n"])
    except (KeyError, TypeError) as error:
        raise FormatError(f"{where}: is not the report of an export ({error!r:.100}); export it again") from error
    return None


def _accuracy_here(comparisons: dict[str, Comparison]) -> dict[str, Any]:
    """The accuracy on the goldens with labels; nothing where there are none."""
    for comparison in comparisons.values():
        if comparison.accuracy is not None:
            found = comparison.accuracy
            return _accuracy(found.share, found.interval(), found.n)
    return _accuracy(None, None, 0)


def _accuracy(share: float | None, interval: Any, texts: int) -> dict[str, Any]:
    return {"accuracy": share, "accuracy_95": interval, "accuracy_texts": texts}


if __name__ == "__main__":
    main(*sys.argv[1:])
