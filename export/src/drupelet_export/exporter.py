"""Compiles a model into a bundle: read, passes, emitters, goldens, parity, and only then the place where users look."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from drupelet.bundle import Bundle, open_bundle
from drupelet.errors import InputError
from drupelet.goldens import write_goldens
from drupelet.manifest import FORMATS, MANIFEST_FILE, SUFFIXES, Manifest, ModelEntry
from drupelet.model_file import VERSION as MODEL_FILE_VERSION
from drupelet.verification import Verification, run_engines
from drupelet_export.bundle_writer import StagedBundle, stage_bundle
from drupelet_export.description import ModelDescription
from drupelet_export.emitters.native import emit_native
from drupelet_export.emitters.onnx import IR_VERSION, OPSET, emit_onnx
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.emitters.tflite_audit import builtin_operators
from drupelet_export.emitters.vocabulary_file import emit_vocabulary
from drupelet_export.errors import ParityError
from drupelet_export.reference_texts import HeldOut, goldens_for_bundle, reference_goldens
from drupelet_export.source import Source, compile_source

SCHEMES = ("f32",)
"""The schemes that this release emits."""
VOCABULARY_FILE, GOLDENS_FILE, PARITY_FILE = "vocabulary.bin", "goldens.jsonl", "parity.json"


@dataclass(frozen=True)
class ExportRequest:
    """What to export and where to. ``target`` is a folder or ends in .zip; ``held_out`` None: texts are made up."""

    source: Source
    target: Path
    formats: tuple[str, ...] = FORMATS
    schemes: tuple[str, ...] = SCHEMES
    held_out: HeldOut | None = None
    keep_failed: bool = False


@dataclass(frozen=True)
class Export:
    """A bundle that was written, and how its files compared with Keras."""

    bundle: Bundle
    verification: Verification


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
        model = compiled.final
        vocabulary = emit_vocabulary(*_words(model))
        models = []
        for scheme in request.schemes:
            for file_format in request.formats:
                name = f"model.{scheme}.{SUFFIXES[file_format]}"
                progress(f"writing {name}")
                content, requires = _emit(model, file_format, vocabulary)
                models.append(ModelEntry(staged.write(name, content), file_format, scheme, requires))
        progress("asking Keras")
        goldens = reference_goldens(compiled, request.held_out, count)
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
            verdict="not run",
        )
        staged.write(MANIFEST_FILE, manifest.to_json())
        verification = replace(
            run_engines(open_bundle(staged.folder), goldens, progress=progress), bundle=request.target.name
        )
        _finish(staged, manifest, verification)
        if not verification.passed and not request.keep_failed:
            reasons = "; ".join(failures(verification))
            raise ParityError(f"{request.target}: not written, {reasons}; look closer with --keep-failed", verification)
        staged.publish()
    return Export(open_bundle(request.target), verification)


def failures(verification: Verification) -> list[str]:
    """What broke, a sentence each."""
    sentences = [
        f"{verdict.model.entry.file} on {verdict.engine}, {suite} texts: {failure}"
        for verdict in verification.verdicts
        for suite, comparison in verdict.comparisons.items()
        for failure in comparison.failures
    ]
    return sentences or ["no engine that is installed here could run a file"]


def _finish(staged: StagedBundle, manifest: Manifest, verification: Verification) -> None:
    parity = staged.write(PARITY_FILE, json.dumps(verification.to_json(), indent=1).encode() + b"\n")
    verdict = "passed" if verification.passed else "failed"
    staged.write(MANIFEST_FILE, replace(manifest, parity=parity, verdict=verdict).to_json())


def _emit(model: ModelDescription, file_format: str, vocabulary: bytes) -> tuple[bytes, dict[str, Any]]:
    """The file of a format and what it needs to run."""
    if file_format == "native":
        return emit_native(model, vocabulary), {"model_format": MODEL_FILE_VERSION}
    if file_format == "onnx":
        return emit_onnx(model), {"opset": OPSET, "ir_version": IR_VERSION}
    content = emit_tflite(model)
    return content, {"builtin_ops": builtin_operators(content)}


def _words(model: ModelDescription) -> tuple[list[str], int]:
    """The words in id order and the id of the first."""
    words = [word for word in model.vocabulary if word is not None]
    return words, len(model.vocabulary) - len(words)


def parse_choice(value: str, allowed: Sequence[str], what: str) -> tuple[str, ...]:
    """The names in a comma-separated list. Raises InputError with the closest match for one that is not allowed."""
    import difflib

    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    for name in names:
        if name not in allowed:
            matches = difflib.get_close_matches(name, allowed, n=1)
            hint = f"; did you mean {matches[0]!r}?" if matches else ""
            raise InputError(f"{what} {name!r} is not known{hint} (known: {', '.join(allowed)})")
    if not names:
        raise InputError(f"no {what} given; expected some of {', '.join(allowed)}")
    return names
