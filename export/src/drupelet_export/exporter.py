"""Compiles a model into a bundle: read, passes, emitters, goldens, parity, and only then the place where users look."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from drupelet.bundle import Bundle, open_bundle
from drupelet.goldens import Golden, write_goldens
from drupelet.manifest import FORMATS, MANIFEST_FILE, SUFFIXES, Manifest, ModelEntry
from drupelet.verification import Verification, run_engines
from drupelet_export.bundle.writer import StagedBundle, stage_bundle
from drupelet_export.compiled import Compiled, compile_source
from drupelet_export.emitters.emission import emit_model, words_of
from drupelet_export.emitters.vocabulary_file import emit_vocabulary
from drupelet_export.errors import ParityError
from drupelet_export.parity.check import TIMED_TEXTS, failures
from drupelet_export.parity.pruning_curve import pruning_curve
from drupelet_export.parity.reference_texts import HeldOut, goldens_for_bundle, reference_goldens
from drupelet_export.reading.source import Source
from drupelet_export.report.assembly import report_document
from drupelet_export.report.document import Document, PruningStep
from drupelet_export.report.page import render_html

VOCABULARY_FILE, GOLDENS_FILE, PARITY_FILE, REPORT_FILE = (
    "vocabulary.bin",
    "goldens.jsonl",
    "parity.json",
    "report.html",
)


@dataclass(frozen=True)
class ExportRequest:
    """What to export and where to. ``target`` is a folder or ends in .zip; ``held_out`` None: texts are made up.

    ``pruning`` adds to the report how accuracy depends on the size of the vocabulary; it needs held-out texts.
    """

    source: Source
    target: Path
    formats: tuple[str, ...] = FORMATS
    schemes: tuple[str, ...] = ("f32",)
    held_out: HeldOut | None = None
    keep_failed: bool = False
    pruning: bool = False


@dataclass(frozen=True)
class Export:
    """A bundle that was written, how its files compared with Keras, and the report on that."""

    bundle: Bundle
    verification: Verification
    document: Document


def export_bundle(
    request: ExportRequest,
    progress: Callable[[str], None] = lambda _: None,
    count: Callable[[int, int], None] = lambda done, total: None,
) -> Export:
    """Writes the bundle and gives its verdict.

    Raises ParityError, and leaves what was at the target, when an engine that runs here disagrees with Keras, unless
    ``keep_failed``. ``progress`` gets a line for each step, ``count`` the texts done and in all while Keras answers.
    """
    with stage_bundle(request.target) as staged:
        progress(f"reading {request.source.model_path}")
        compiled = compile_source(request.source)
        vocabulary = emit_vocabulary(*words_of(compiled.final))
        models = _write_models(request, compiled, vocabulary, staged, progress)
        progress("asking Keras")
        goldens = reference_goldens(compiled, request.held_out, count)
        model = compiled.final
        manifest = Manifest(
            name=request.target.stem,
            created_by=f"drupelet-export {version('drupelet-export')}",
            architecture=model.architecture(),
            tokenizer=model.tokenizer,
            labels=model.labels,
            source={
                "model": request.source.model_path.name,
                "sha256": request.source.sha256(),
                "data": request.source.data,
                "keras": version("keras"),
                "tensorflow": version("tensorflow"),
            },
            vocabulary=staged.write(VOCABULARY_FILE, vocabulary),
            models=tuple(models),
            goldens=staged.write(GOLDENS_FILE, write_goldens(goldens_for_bundle(goldens))),
            parity=None,
            report=None,
            verdict="not run",
        )
        staged.write(MANIFEST_FILE, manifest.to_json())
        bundle = open_bundle(staged.folder)
        verification = run_engines(bundle, goldens, progress=progress, timed_texts=TIMED_TEXTS)
        verification = replace(verification, bundle=request.target.name)
        pruning = None
        if request.pruning and request.held_out is not None:
            progress("pruning the vocabulary step by step")
            pruning = _pruning(request.held_out, compiled, goldens)
        document = report_document(bundle, verification, goldens, pruning=pruning)
        _finish(staged, bundle, document)
        if not verification.passed and not request.keep_failed:
            raise ParityError(
                f"{request.target}: not written, {'; '.join(failures(verification))}; look closer with --keep-failed",
                verification,
            )
        staged.publish()
    return Export(open_bundle(request.target), verification, document)


def _write_models(
    request: ExportRequest, compiled: Compiled, vocabulary: bytes, staged: StagedBundle, progress: Callable[[str], None]
) -> list[ModelEntry]:
    models = []
    for scheme in request.schemes:
        model = compiled.scheme(scheme)
        for file_format in request.formats:
            name = f"model.{scheme}.{SUFFIXES[file_format]}"
            progress(f"writing {name}")
            content, requires = emit_model(model, scheme, file_format, vocabulary)
            models.append(ModelEntry(staged.write(name, content), file_format, scheme, requires))
    return models


def _pruning(held_out: HeldOut, compiled: Compiled, goldens: list[Golden]) -> list[PruningStep]:
    return pruning_curve(compiled, held_out, [golden.probabilities for golden in goldens if golden.suite == "held_out"])


def _finish(staged: StagedBundle, bundle: Bundle, document: Document) -> None:
    """Writes the verdict as JSON and as a page, and the manifest that vouches for them."""
    verdict = "passed" if document.passed else "failed"
    parity = staged.write(PARITY_FILE, json.dumps(document.to_json(), indent=1, allow_nan=False).encode() + b"\n")
    report = staged.write(REPORT_FILE, render_html(document).encode())
    manifest = replace(bundle.manifest, parity=parity, report=report, verdict=verdict)
    staged.write(MANIFEST_FILE, manifest.to_json())
