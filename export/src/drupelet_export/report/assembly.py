"""Assembles the document of a report from a bundle, its verification and the goldens it was verified with."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from drupelet.bundle import Bundle
from drupelet.comparison import answer_difference
from drupelet.decision import REJECTED, Decision
from drupelet.errors import DrupeletError
from drupelet.goldens import Golden, read_goldens
from drupelet.ledger import ledger_of
from drupelet.output import most_probable
from drupelet.reliability import Reliability
from drupelet.verification import EngineVerdict, Verification
from drupelet_export.report.document import (
    MAX_FLIPPED,
    MAX_TEXT_CHARACTERS,
    Answer,
    Document,
    EngineAnswer,
    FlippedText,
    GoldenCount,
    Histogram,
    PruningStep,
    RejectionCounts,
    ReliabilityBins,
    Result,
    StageError,
    StoredDecision,
    TensorCost,
    TextCheck,
    difference_histogram,
)
from drupelet_export.report.typed_json import from_json


def report_document(
    bundle: Bundle,
    verification: Verification,
    goldens: Sequence[Golden],
    explanation: Sequence[TensorCost | StageError] | None = None,
    pruning: Sequence[PruningStep] | None = None,
    text_checks: Sequence[TextCheck] = (),
) -> Document:
    """The document for a bundle whose files answered the goldens. ``explanation`` and ``pruning`` are optional parts.

    The verification holds the sentences of failed ``text_checks`` among its findings.
    """
    manifest = bundle.manifest
    verified = Document.from_json(verification.to_json(), bundle.path)
    comparisons = [comparison for verdict in verification.verdicts for comparison in verdict.comparisons.values()]
    return replace(
        verified,
        text_checks=tuple(text_checks),
        results=tuple(
            _measured(result, verdict, goldens)
            for result, verdict in zip(verified.results, verification.verdicts, strict=True)
        ),
        name=manifest.name,
        created_by=manifest.created_by,
        network=tuple(manifest.network.summary()),
        labels=tuple(manifest.labels),
        decision=None
        if manifest.decision is None
        else from_json(StoredDecision, manifest.decision.to_json(), "decision"),
        rejection=None
        if manifest.rejection is None
        else from_json(RejectionCounts, manifest.rejection.to_json(), "rejection"),
        goldens=_golden_count(bundle),
        source={name: None if value is None else str(value) for name, value in manifest.source.items()},
        machine={
            "processor": platform.processor() or platform.machine(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
        reference_reliability=_first_bins(comparison.reference_reliability for comparison in comparisons),
        flipped=_flipped(verification, goldens, manifest.labels, manifest.effective_decision),
        ledger=_ledger(bundle),
        explanation=None if explanation is None else tuple(explanation),
        pruning=None if pruning is None else tuple(pruning),
    )


def _measured(result: Result, verdict: EngineVerdict, goldens: Sequence[Golden]) -> Result:
    """The result with its histogram and reliability, which need the answers to every text."""
    return replace(
        result,
        histogram=None if result.main_suite is None else _histogram(verdict, result.main_suite, goldens),
        reliability=_first_bins(comparison.reliability for comparison in verdict.comparisons.values()),
    )


def _histogram(verdict: EngineVerdict, suite: str, goldens: Sequence[Golden]) -> Histogram | None:
    chosen = [goldens[place] for place in verdict.places.get(suite, ())]
    if not chosen:
        return None
    pairs = zip(chosen, verdict.answers[suite], strict=True)
    return difference_histogram(answer_difference(golden.probabilities, answer) for golden, answer in pairs)


def _first_bins(found: Iterable[Reliability | None]) -> ReliabilityBins | None:
    """The first reliability that is not None: only the suite with true labels has one."""
    known = next((reliability for reliability in found if reliability is not None), None)
    return None if known is None else from_json(ReliabilityBins, known.to_json(), "reliability")


def _flipped(
    verification: Verification, goldens: Sequence[Golden], labels: Sequence[str], decision: Decision
) -> tuple[FlippedText, ...]:
    """The texts that flipped in any file, in the order of discovery, each with the answers that differ."""
    found: dict[int, list[EngineAnswer]] = {}
    for verdict in verification.verdicts:
        for suite, comparison in verdict.comparisons.items():
            for n in comparison.flips:
                given = _answer(verdict.answers[suite][n], labels, decision)
                found.setdefault(verdict.places[suite][n], []).append(
                    EngineAnswer(
                        file=verdict.model.entry.file,
                        engine=verdict.engine,
                        label=given.label,
                        probability=given.probability,
                    )
                )
    return tuple(
        _flipped_text(goldens[place], answers, labels, decision)
        for place, answers in islice(found.items(), MAX_FLIPPED)
    )


def _flipped_text(
    golden: Golden, answers: Sequence[EngineAnswer], labels: Sequence[str], decision: Decision
) -> FlippedText:
    text = golden.whole_text if golden.has_text else None
    return FlippedText(
        name=golden.name,
        text=None if text is None else text[:MAX_TEXT_CHARACTERS],
        characters=None if text is None else len(text),
        label=None if golden.label is None else labels[golden.label],
        keras=_answer(golden.probabilities, labels, decision),
        answers=tuple(answers),
    )


def _answer(probabilities: Sequence[float], labels: Sequence[str], decision: Decision) -> Answer:
    """The most probable label; decided alone, all that hold; ``(rejected)`` of a rejected text. The probability is
    the largest one."""
    best = most_probable(probabilities)
    probability = probabilities[best]
    label = labels[best]
    if decision.rejects(probabilities):
        label = REJECTED
    elif decision.thresholds:
        label = ", ".join(labels[place] for place in decision.answered(probabilities)) or "no label"
    return Answer(label=label, probability=probability if math.isfinite(probability) else None)


def _golden_count(bundle: Bundle) -> GoldenCount | None:
    entry = bundle.manifest.goldens
    if entry is None:
        return None
    goldens = read_goldens(bundle.read(entry), f"{bundle.path}: {entry.file}")
    return GoldenCount(n=len(goldens), without_text=sum(not golden.has_text for golden in goldens))


def _ledger(bundle: Bundle) -> Mapping[str, Mapping[str, int]]:
    """The bytes of each part of every model file that is not damaged. A file that is smaller than its tensors is."""
    ledger = {}
    for model in bundle.manifest.models:
        with suppress(DrupeletError):
            ledger[model.entry.file] = ledger_of(bundle, model)
    return {file: parts for file, parts in ledger.items() if min(parts.values()) >= 0}
