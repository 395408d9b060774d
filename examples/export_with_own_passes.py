"""Compile the reference model with a list of passes of your own, here with one that halves the vocabulary.

python examples/export_with_own_passes.py
"""

from pathlib import Path

from drupelet_export import PIPELINE, ModelDescription, Pass, compile_source, read_run_folder

KEPT_WORDS = 3_000


def keep_frequent_words(model: ModelDescription) -> ModelDescription:
    """The model with only its first rows, which are the most frequent words in a run folder."""
    tables = {name: table[:KEPT_WORDS] for name, table in model.tables.items()}
    return model.with_rows(tables, model.vocabulary[:KEPT_WORDS])


PRUNE = Pass(
    name="keep_frequent_words",
    apply=keep_frequent_words,
    requires=lambda model: None if len(model.vocabulary) > KEPT_WORDS else "the vocabulary is small already",
    ensures=lambda model: None if len(model.vocabulary) == KEPT_WORDS else "the vocabulary has another size",
    tolerance=10.0,  # words that become unknown change answers; drupelet parity would show how many
)

if __name__ == "__main__":
    compiled = compile_source(read_run_folder(Path("artifacts/imdb-source")), (PRUNE, *PIPELINE))
    for name, model in (("as read", compiled.read), ("after the passes", compiled.final)):
        print(f"{name}: {' -> '.join(model.graph.summary())}")
