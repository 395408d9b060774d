"""Compares a bundle, every file on every engine, with the Keras model it was exported from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drupelet.bundle import Bundle
from drupelet.classifier import named_engine
from drupelet.errors import InputError
from drupelet.verification import Verification, run_engines
from drupelet_export.reference_texts import load_held_out, reference_goldens
from drupelet_export.source import Source, compile_source


def check_parity(
    bundle: Bundle,
    source: Source,
    engine: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
    count: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Asks Keras and the engines for every held-out and every edge text, and compares.

    Without ``source.data`` the texts are drawn from the vocabulary, and the report calls them ``sampled``. Raises
    InputError when the bundle was not exported from this model with these options.
    """
    if engine is not None:
        named_engine(engine)  # a mistyped name is no reason to wait for Keras
    for entry in bundle.manifest.files():
        bundle.read(entry)
    progress(f"reading {source.model_path}")
    compiled = compile_source(source)
    found = bundle.manifest.source.get("sha256")
    if found is not None and found != source.sha256():
        raise InputError(f"{bundle.path}: was exported from another model than {source.model_path} (sha256 differs); give "
                         "the one it was exported from, or export again")  # fmt: skip
    final, manifest = compiled.final, bundle.manifest
    for what, expected, got in (
        ("labels", manifest.labels, final.labels),
        ("tokenizer", manifest.tokenizer, final.tokenizer),
        ("network", manifest.architecture, final.architecture()),
    ):
        if expected != got:
            raise InputError(
                f"{bundle.path}: its {what} is {expected}, {source.model_path} with these options gives {got}"
            )
    held_out = None if source.data is None else load_held_out(source.data, final.labels)
    progress("asking Keras")
    goldens = reference_goldens(compiled, held_out, count)
    return replace(run_engines(bundle, goldens, engine, progress), bundle=str(bundle.path))
