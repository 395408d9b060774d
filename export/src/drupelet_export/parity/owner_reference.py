"""Who gave the answers that files are compared with, and so what a verdict proves."""

from __future__ import annotations

from drupelet.proof import IDS, IDS_REFERENCE, TEXT
from drupelet_export.compiled import Compiled
from drupelet_export.reading.source import Source

TEXT_VECTORIZATION = "the TextVectorization of the model"
TRAINING_RUN = "the training run"
"""References of a source that proves its own way from text to ids."""


def proof_of(source: Source, compiled: Compiled) -> tuple[str, str]:
    """The proof and the reference of a verdict on this source, where its owner gave no answers (:mod:`drupelet.proof`)."""
    if compiled.reference.takes_text:
        return TEXT, TEXT_VECTORIZATION
    if source.trained_here:
        return TEXT, TRAINING_RUN
    return IDS, IDS_REFERENCE
