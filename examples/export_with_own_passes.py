"""Compile the reference model with a list of passes of your own, here with one that halves the vocabulary.

python examples/export_with_own_passes.py
"""

from dataclasses import replace
from pathlib import Path

from drupelet_export.compiled import compile_source
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.passes import PIPELINE, Pass
from drupelet_export.reading.source import read_run_folder

KEPT_WORDS = 3_000


def keep_frequent_words(model: ModelDescription) -> ModelDescription:
    """The model without the words behind the first rows: a run folder lists its words by frequency."""
    return replace(model, vocabulary=model.vocabulary[:KEPT_WORDS], embedding=frozen(model.embedding[:KEPT_WORDS]))


PRUNE = Pass(
    name="keep_frequent_words",
    apply=keep_frequent_words,
    requires=lambda model: None if len(model.vocabulary) > KEPT_WORDS else "the vocabulary is small already",
    ensures=lambda model: None if len(model.vocabulary) == KEPT_WORDS else "the vocabulary has another size",
    tolerance=10.0,  # a word that becomes unknown changes answers; how many, parity would say
)

if __name__ == "__main__":
    compiled = compile_source(read_run_folder(Path("artifacts/imdb-source")), (PRUNE, *PIPELINE))
    for name, model in (("as read", compiled.read), ("after the passes", compiled.final)):
        print(f"{name}: {' -> '.join(model.architecture().summary())}")
