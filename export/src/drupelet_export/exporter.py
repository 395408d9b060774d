"""The whole export, from a Keras model to a bundle: read, run passes, write files, ask Keras, judge, publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from drupelet.bundle import Bundle, open_bundle
from drupelet.control_characters import escaped_line
from drupelet.decision import Decision
from drupelet.goldens import USER_SUITES, Golden, without_users_texts, write_goldens
from drupelet.manifest import (
    FORMATS,
    GOLDENS_FILE,
    MANIFEST_FILE,
    PARITY_FILE,
    REPORT_FILE,
    VOCABULARY_FILE,
    FileEntry,
    Manifest,
    ModelEntry,
)
from drupelet.quantization import INT8_MAX
from drupelet.rejection import Rejection
from drupelet.verification import Verification, run_engines
from drupelet_export.bundle.writer import StagedBundle, stage_bundle
from drupelet_export.compiled import Compiled, compile_source
from drupelet_export.emitters.emission import emit_model
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary
from drupelet_export.errors import ParityError
from drupelet_export.parity.check import TIMED_TEXTS, WEIGHT_RANGE_FIELD, failures
from drupelet_export.parity.foreign_texts import (
    Chosen,
    ForeignTexts,
    choose_threshold,
    rejection_findings,
    rejection_of,
)
from drupelet_export.parity.known_texts import samples_of, text_rules_shown
from drupelet_export.parity.owner_reference import Owner, proof_of, with_owner
from drupelet_export.parity.pruning_curve import pruning_curve
from drupelet_export.parity.reference_texts import HeldOut, goldens_for_bundle, reference_goldens
from drupelet_export.parity.stated_thresholds import StatedThreshold, thresholds_of
from drupelet_export.parity.text_checks import failed_checks, text_checks
from drupelet_export.reading.source import Source
from drupelet_export.report.assembly import report_document
from drupelet_export.report.document import Document, PruningStep
from drupelet_export.report.page import render_html

OTHER_RULES = (
    "next: give the options and the vocabulary file of the owner's own pipeline, or write the bundle anyway with "
    "--keep-failed"
)
"""The next step after the owner answered otherwise."""
KEEP_FAILED = "next: see above, or write the bundle as one that failed with --keep-failed"
"""The next step after checks of texts and labels failed."""


@dataclass(frozen=True)
class ExportRequest:
    """The source of an export, its destination, and the files to write.

    ``destination`` is a folder, or ends in .zip. Without ``held_out`` texts, texts are made up. ``pruning`` adds to the report
    how accuracy depends on the size of the vocabulary; it needs held-out texts. ``keep_failed`` publishes the bundle even
    when it does not answer like Keras. ``owner`` gives the answers that files are compared with; None: Keras on our ids.
    ``accepted``: names of checks of texts and labels that may fail. ``private``: no file of the bundle holds a text of the
    user; goldens have the hash, the ids and the answer of each. ``weight_range``: the largest magnitude of a recurrent layer's
    int8 weights, 127 or 63. ``thresholds`` of labels, where each is decided alone. With ``foreign`` texts, texts are rejected.
    """

    source: Source
    destination: Path
    formats: tuple[str, ...] = FORMATS
    schemes: tuple[str, ...] = ("f32",)
    held_out: HeldOut | None = None
    keep_failed: bool = False
    pruning: bool = False
    owner: Owner | None = None
    accepted: tuple[str, ...] = ()
    private: bool = False
    weight_range: int = INT8_MAX
    thresholds: tuple[StatedThreshold, ...] = ()
    foreign: ForeignTexts | None = None


@dataclass(frozen=True)
class Export:
    """A written bundle, the comparison of its files with Keras, and the report on that.

    ``users_texts`` of its goldens are the user's own, with or without their texts.
    """

    bundle: Bundle
    verification: Verification
    document: Document
    users_texts: int = 0


@dataclass(frozen=True)
class _Work:
    """An export under way: the request, the compiled model, the folder for its files, and the callback for each step."""

    request: ExportRequest
    compiled: Compiled
    staged: StagedBundle
    progress: Callable[[str], None]


def export_bundle(
    request: ExportRequest,
    progress: Callable[[str], None] = lambda _: None,
    count: Callable[[int, int], None] = lambda done, total: None,
    note: Callable[[str], None] = lambda _: None,
) -> Export:
    """Writes the bundle and returns it with its verdict.

    ``progress`` is called with a line for each step. ``count`` is called with the number of texts that Keras, or an engine,
    has answered and their total. ``note`` is called with what people should read before the work: how texts become ids. Raises
    ParityError when an engine that runs here disagrees with Keras, or a check of texts and labels failed, unless
    ``keep_failed``; the destination then stays as it was.
    """
    with stage_bundle(request.destination) as staged:
        progress(f"reading {request.source.model_path}")
        samples = samples_of(request.held_out, request.owner)
        shown = () if request.private else samples
        compiled = compile_source(request.source, samples=shown, progress=progress, weight_range=request.weight_range)
        note(text_rules_shown(compiled, shown))
        compiled, chosen = _decided(request, compiled, progress, count)
        work = _Work(request, compiled, staged, progress)
        models, vocabulary = _write_models(work)
        progress("asking Keras")
        goldens = reference_goldens(work.compiled, request.held_out, count, () if chosen is None else chosen.fresh)
        findings: tuple[str, ...] = ()
        if request.owner is not None:
            progress(f"asking {request.owner.name}")
            goldens, findings = with_owner(work.compiled, goldens, request.owner, count, show_texts=not request.private)
        checks = text_checks(work.compiled.read, samples, goldens, request.accepted)
        rejection = _rejection(work, chosen, goldens)
        advice = OTHER_RULES if findings else KEEP_FAILED
        findings += (*failed_checks(checks), *rejection_findings(rejection))
        if findings and not request.keep_failed:
            failed = Verification(request.destination.name, (), findings, *proof_of(work.compiled, request.owner))
            raise ParityError("\n  ".join([f"{request.destination}: not written", *findings, advice]), failed, checks)
        kept = without_users_texts(goldens) if request.private else goldens
        stored = goldens_for_bundle(kept)
        bundle = _write_unjudged_bundle(work, models, vocabulary, stored, rejection)
        verification = run_engines(bundle, goldens, progress=progress, timed_texts=TIMED_TEXTS, count=count)
        verification = replace(verification, bundle=request.destination.name, findings=findings)
        progress("writing the report")
        document = report_document(
            bundle, verification, kept, pruning=_pruning(work, goldens, count), text_checks=checks
        )
        manifest = _write_verdict(staged, bundle, document)
        if not verification.passed and not request.keep_failed:
            raise ParityError(
                f"{request.destination}: not written, {'; '.join(failures(verification))}; {_advice(verification)}",
                verification,
                checks,
            )
        # Not opened again: another export may publish to the same destination by then.
        published = Bundle(str(request.destination), manifest, staged.publish())
    users_texts = sum(golden.suite in USER_SUITES for golden in stored)
    return Export(published, verification, document, users_texts)


def _decided(
    request: ExportRequest,
    compiled: Compiled,
    progress: Callable[[str], None],
    count: Callable[[int, int], None],
) -> tuple[Compiled, Chosen | None]:
    """The model with the decision that the request asks for, and how its threshold of rejection was chosen."""
    thresholds = thresholds_of(compiled.final, request.thresholds)
    chosen = None
    if request.foreign is not None:
        progress("asking Keras about foreign texts")
        chosen = choose_threshold(compiled, request.foreign, count)
    elif not thresholds:
        return compiled, None
    return compiled.with_decision(Decision(thresholds, None if chosen is None else chosen.reject_below)), chosen


def _rejection(work: _Work, chosen: Chosen | None, goldens: list[Golden]) -> Rejection | None:
    foreign, decision = work.request.foreign, work.compiled.final.decision
    if foreign is None or chosen is None or decision is None:
        return None
    return rejection_of(work.compiled.final, foreign, chosen, decision, goldens)


def _advice(verification: Verification) -> str:
    """The next step after a failed export: a more exact scheme where there is one, or a look at the report."""
    closer = "write the bundle anyway with --keep-failed and read its report.html"
    failed = {verdict.model.scheme for verdict in verification.verdicts if verdict.comparisons and not verdict.passed}
    if not failed or "f32" in failed:
        return closer
    trained = ", train with embedding_bits" if failed & {"wi8", "wi4"} else ""
    return f"choose a more exact scheme than {', '.join(sorted(failed))}{trained}, or {closer}"


def _write_models(work: _Work) -> tuple[list[ModelEntry], FileEntry]:
    """Writes every requested model file, and the vocabulary file that they share."""
    vocabulary = bundle_vocabulary(work.compiled.final)
    models = []
    for scheme in work.request.schemes:
        work.progress(f"compiling for {scheme}")
        model = work.compiled.scheme(scheme)
        for file_format in work.request.formats:
            name = f"model.{scheme}.{file_format}"
            work.progress(f"writing {name}")
            content, requires = emit_model(model, scheme, file_format)
            models.append(ModelEntry(work.staged.write(name, content), file_format, scheme, requires))
    return models, work.staged.write(VOCABULARY_FILE, vocabulary)


def _write_unjudged_bundle(
    work: _Work, models: list[ModelEntry], vocabulary: FileEntry, stored: list[Golden], rejection: Rejection | None
) -> Bundle:
    """Writes goldens and a manifest without a verdict, so that engines can open the bundle."""
    model, source = work.compiled.final, work.request.source
    proof, reference = proof_of(work.compiled, work.request.owner)
    manifest = Manifest(
        name=escaped_line(work.request.destination.stem),
        created_by=f"drupelet-export {version('drupelet-export')}",
        network=model.graph,
        text_rules=model.text_rules,
        labels=model.labels,
        source={
            "model": source.model_path.name,
            "sha256": work.compiled.sha256,
            "data": source.data,
            "text": " ".join(work.compiled.findings),
            "lengths": "; ".join(work.compiled.lengths),
            **_given_layers(work),
            **_weight_range(work.request.weight_range),
            "keras": version("keras"),
            "tensorflow": version("tensorflow"),
        },
        vocabulary=vocabulary,
        models=tuple(models),
        goldens=work.staged.write(GOLDENS_FILE, write_goldens(stored)),
        parity=None,
        report=None,
        verdict="not run",
        proof=proof,
        reference=reference,
        decision=model.decision,
        rejection=rejection,
    )
    work.staged.write(MANIFEST_FILE, manifest.to_json())
    return open_bundle(work.staged.folder)


def _given_layers(work: _Work) -> dict[str, str]:
    """What the manifest says of layers whose bodies the user gave: nothing where there are none."""
    given, owner = work.compiled.given, work.request.owner
    if not given:
        return {}
    compared = (
        "Answers were not compared with those of the original layers."
        if owner is None
        else f"Answers were compared with {owner.reference}."
    )
    return {"layers": " ".join([*(layer.sentence() for layer in given), compared])}


def _weight_range(limit: int) -> dict[str, int]:
    """What the manifest says of smaller weights, and parity reads: nothing where there are none."""
    return {} if limit == INT8_MAX else {WEIGHT_RANGE_FIELD: limit}


def _pruning(work: _Work, goldens: list[Golden], count: Callable[[int, int], None]) -> list[PruningStep] | None:
    """The pruning curve, or None when it was not requested or there are no held-out texts."""
    held_out = work.request.held_out
    if not work.request.pruning or held_out is None:
        return None
    work.progress("pruning the vocabulary step by step")
    reference = [golden.probabilities for golden in goldens if golden.suite == "held_out"]
    return pruning_curve(work.compiled, held_out, reference, count)


def _write_verdict(staged: StagedBundle, bundle: Bundle, document: Document) -> Manifest:
    """Writes the verdict as JSON and as a page, and a manifest that lists both with their hashes; returns it."""
    parity = staged.write(PARITY_FILE, json.dumps(document.to_json(), indent=1, allow_nan=False).encode() + b"\n")
    report = staged.write(REPORT_FILE, render_html(document).encode())
    verdict = "passed" if document.passed else "failed"
    manifest = replace(bundle.manifest, parity=parity, report=report, verdict=verdict)
    staged.write(MANIFEST_FILE, manifest.to_json())
    return manifest
