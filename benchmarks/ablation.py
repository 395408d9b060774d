"""Measures the worth of each ingredient of a recipe: trains variants that change one, and scores them on validation texts.

``make ablation`` trains every variant of ``ablation.toml``, a short imdb-nano, with every seed into build/ablation. It prints
one row per variant and writes the rows to docs/reports/ablation.json. Finished trainings are not repeated, so that the
command can be stopped and started again. It never reads a held-out text.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from drupelet.cli.table import render_table
from drupelet.run_folder import MODEL, VOCABULARY
from drupelet.text.words import splitter
from drupelet_train.config import TrainConfig, load_config
from drupelet_train.corpora.corpus import Corpus, read_corpus
from drupelet_train.parallel.processes import Processes
from drupelet_train.parallel.ray_cluster import RayCluster
from drupelet_train.preparation import prepare_read
from drupelet_train.run_folder import (
    PLAN,
    Plan,
    check_same_plan,
    read_plan,
    write_json,
)
from drupelet_train.run_record import RunRecord, read_record
from drupelet_train.teaching.pieces import crops, piece_ids
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.examples import one_hot
from drupelet_train.training.progress import LineProgress
from drupelet_train.training.scores import Score, score
from drupelet_train.training.tasks import InThisProcess, Task, Workers
from drupelet_train.words.token_texts import number_tokens
from drupelet_train.words.vocabulary import Vocabulary

SCHEMA_VERSION = 1

SHORT_PIECE = (15, 60)
"""Minimum and maximum tokens of a short piece, such as a sentence or a short message."""

SHORT_PIECE_SEED = 7

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "recipe": {},
    "labels alone": {"teacher": "none"},
    "no crops, as many steps": {"crops": 0, "epochs": 9},
    "a mixture for a crop": {"crops": 1, "mixtures": 1},
    "much dropout": {"dropout": 0.3, "word_dropout": 0.2, "head_dropout": 0.5},
    "last state": {"pooling": "last"},
    "forward only": {"bidirectional": False, "units": 26},
    "reads 400 tokens": {"max_tokens": 400},
    "learns from 1,000 tokens": {"training_tokens": 1000},
    "frequent words": {"vocabulary": "frequent"},
    "random embedding": {"embedding": "random"},
    "float embedding": {"embedding_bits": 32},
    "three members": {"members": 3},
}
"""The changes to the recipe, by the name of the variant in the table."""


def train_variant(folder: Path, corpus: Corpus, plan: Plan, callbacks: Callbacks) -> RunRecord:
    """The record of the training of ``plan`` on its ``corpus``, read from ``folder`` when it is finished there already.

    Raises InputError when ``folder`` holds another training.
    """
    from drupelet_train.training_run import train

    begun = (folder / PLAN).exists()
    if begun:
        check_same_plan(folder, read_plan(folder), plan.data, plan.config)
    record = read_record(folder) if begun else None
    if record is None:
        progress = callbacks.progress
        progress.notice(f"{folder.name} begins")
        record = train(folder, plan, begun, callbacks, prepare_read(plan, corpus))
        validation = record.validation
        progress.notice(f"{folder.name}: accuracy {validation.accuracy:.4f}, loss {validation.loss:.4f}")
    return record


def score_short_pieces(folder: Path, record: RunRecord, corpus: Corpus) -> Score:
    """The score of the run in ``folder`` on one random piece of ``SHORT_PIECE`` tokens from every validation text.

    ``record`` is that of the run. The pieces are the same for all runs of one tokenizer. A piece has the label of its text.
    """
    import keras

    from drupelet_train.network.model import class_probabilities

    config = record.config
    texts = corpus.validation(config.validation_fraction, config.validation_blocks)
    tokens = number_tokens((corpus.texts[text] for text in texts), splitter(record.text_rules))
    rows = np.flatnonzero(tokens.lengths > 0)
    pieces = crops(tokens, rows, *SHORT_PIECE, np.random.default_rng(SHORT_PIECE_SEED))
    ids_of_words = np.array(Vocabulary.read(folder / VOCABULARY).ids(tokens.words), np.int32)
    ids = piece_ids(tokens, pieces, ids_of_words, SHORT_PIECE[1], config.keep, config.padding)
    model = keras.saving.load_model(folder / MODEL)
    answers = np.concatenate([class_probabilities(model(ids[n : n + 256])) for n in range(0, len(ids), 256)])
    return score(answers, one_hot(corpus.label_ids[texts[rows]], len(corpus.labels)))


def row_of(name: str, records: Sequence[RunRecord], short: Sequence[Score]) -> dict[str, Any]:
    """A JSON object for one variant: validation accuracy and loss of every seed, their means, and those of ``short``."""
    scores = [record.validation for record in records]
    return {
        "variant": name,
        "seeds": [record.config.seed for record in records],
        "validation_accuracy": [score.accuracy for score in scores],
        "validation_loss": [score.loss for score in scores],
        "mean_accuracy": mean(score.accuracy for score in scores),
        "mean_loss": mean(score.loss for score in scores),
        "short_pieces_accuracy": mean(score.accuracy for score in short),
        "short_pieces_loss": mean(score.loss for score in short),
        "training_seconds": mean(record.training_seconds for record in records),
    }


def ablate(
    folder: Path,
    data: str,
    base: TrainConfig,
    variants: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
    workers: Workers | None = None,
) -> list[dict[str, Any]]:
    """One row for every variant of ``base``, trained with every seed into subfolders of ``folder`` by ``workers``."""
    names = [(name, seed) for name in variants for seed in seeds]
    folders = [folder / f"{name.replace(' ', '-')}-{seed}" for name, seed in names]
    plans = [Plan(data, replace(base, **variants[name], seed=seed), scores_held_out=False) for name, seed in names]
    corpus = read_corpus(data)
    tasks = [
        Task(run.name, "benchmarks.ablation:train_variant", run, (plan,))
        for run, plan in zip(folders, plans, strict=True)
    ]
    records = (workers or InThisProcess()).run(tasks, corpus, Callbacks(LineProgress()))
    short = [score_short_pieces(*run, corpus) for run in zip(folders, records, strict=True)]
    of_variant = [slice(n * len(seeds), (n + 1) * len(seeds)) for n in range(len(variants))]
    return [row_of(name, records[runs], short[runs]) for name, runs in zip(variants, of_variant, strict=True)]


def main() -> int:
    """Runs the missing trainings and prints the table; exit status 0."""
    parser = argparse.ArgumentParser(description="measure the worth of each ingredient of a recipe on validation texts")
    parser.add_argument("folder", type=Path, help="folder that keeps the trainings")
    parser.add_argument("--config", type=Path, required=True, help="the recipe")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="VARIANT")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    at_once = parser.add_mutually_exclusive_group()
    jobs = "trainings at a time, one thread each"
    at_once.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help=jobs)
    at_once.add_argument("--ray", metavar="ADDRESS", help="train on a Ray cluster whose workers have this checkout")
    parser.add_argument("--json", type=Path, help="report to write")
    arguments = parser.parse_args()
    variants = {name: VARIANTS[name] for name in arguments.variants}
    recipe = load_config(arguments.config)
    with RayCluster(arguments.ray) if arguments.ray else Processes(arguments.jobs) as workers:
        rows = ablate(arguments.folder, "imdb", recipe, variants, arguments.seeds, workers)
    table = [
        (
            row["variant"],
            f"{row['mean_accuracy']:.4f}",
            " ".join(f"{accuracy:.4f}" for accuracy in row["validation_accuracy"]),
            f"{row['mean_loss']:.4f}",
            f"{row['short_pieces_accuracy']:.4f}",
            f"{row['short_pieces_loss']:.4f}",
            f"{row['training_seconds'] / 60:.1f}",
        )
        for row in rows
    ]
    print(render_table(("variant", "accuracy", "by seed", "loss", "short pieces", "loss", "minutes"), table))
    if arguments.json:
        write_json(arguments.json, {"schema_version": SCHEMA_VERSION, "recipe": arguments.config.name, "rows": rows})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
