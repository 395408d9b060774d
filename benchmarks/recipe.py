"""Compares settings on many data sets: ``make compare-recipes``.

A system is a baseline, or a configuration by its name with changes, such as ``imdb-tiny dropout=0.2``; ``default`` are the
defaults of every setting, ``chosen`` those that the data chooses. Every system is trained on every data set with every seed.
A finished training is not repeated, so that the command can be stopped and started again. Settings are chosen with
``--part choice``; the texts of ``test`` are scored once for a finished candidate.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.recipe_texts import DATA_SETS, prepare
from drupelet.cli.table import render_table
from drupelet.run_folder import MODEL, VOCABULARY
from drupelet_train.baselines import fasttext_classifier, tfidf_regression
from drupelet_train.baselines.comparison import answer_by
from drupelet_train.config import TrainConfig, given_names, named_config, with_settings
from drupelet_train.corpora.reading import Reading
from drupelet_train.parallel.one_thread import use_one_thread
from drupelet_train.preparation import prepare as prepare_run
from drupelet_train.run_folder import PLAN, Plan, write_json
from drupelet_train.run_record import read_record
from drupelet_train.settings_choice import CHOSEN
from drupelet_train.words.id_matrix import TextEncoding, id_matrix
from drupelet_train.words.vocabulary import Vocabulary

SCHEMA_VERSION = 1

BASELINES = {"TF-IDF": tfidf_regression.NAME, "fastText": fasttext_classifier.NAME}
SYSTEMS = (*BASELINES, "default", "imdb-nano", "imdb-tiny", "imdb", "chosen")
"""The systems of the table. The last is compared with the best of the others."""


@dataclass(frozen=True)
class Task:
    """One training: a system on a data set, with a seed. A baseline has no seed, and is trained once, with seed 1."""

    data: str
    system: str
    seed: int

    def folder(self, runs: Path) -> Path:
        """The folder of its run."""
        name = hashlib.sha256(json.dumps([self.data, self.system, self.seed]).encode()).hexdigest()[:16]
        return runs / name


def plan_of(task: Task, texts: Path, part: str) -> Plan:
    """The plan of a training. No text of ``part`` takes part in it."""
    base, *changes = task.system.split()
    config = TrainConfig() if base in ("default", "chosen", *BASELINES) else named_config(base)
    config = replace(with_settings(config, changes), seed=task.seed)
    return Plan(
        str(texts / task.data / "training.csv"),
        config,
        scores_held_out=False,
        reading=Reading(test=str(texts / task.data / f"{part}.csv")),
        compares_baselines=False,
        open_settings=tuple(name for name in CHOSEN if name not in given_names(changes)) if base == "chosen" else (),
    )


def score(task: Task, folder: Path, part: str) -> dict[str, Any] | None:
    """The right answers of a task among the texts of ``part``; None for a baseline that cannot be trained here."""
    plan = plan_of(task, folder / "texts", part)
    if task.system in BASELINES:
        return _score_baseline(task, plan)
    import keras

    from drupelet_train.network.model import class_probabilities
    from drupelet_train.training.callbacks import Callbacks
    from drupelet_train.training_run import train

    run = task.folder(folder / "runs")
    begun = (run / PLAN).exists()
    record = read_record(run) if begun else None
    if record is None:
        keras.backend.clear_session()
        record = train(run, plan, begun, Callbacks())
    corpus = prepare_run(plan).corpus
    asked = corpus.held_out
    encoding = TextEncoding(Vocabulary.read(run / VOCABULARY), record.text_rules, record.config.padding)
    ids = id_matrix(tuple(corpus.texts[row] for row in asked), encoding)
    model = keras.saving.load_model(run / MODEL)
    answers = np.concatenate([class_probabilities(model(ids[n : n + 256])) for n in range(0, len(ids), 256)])
    answered = [record.labels[row] for row in np.nan_to_num(answers, nan=-1.0).argmax(axis=1)]
    truth = [corpus.labels[row] for row in corpus.label_ids[asked]]
    right = sum(one == other for one, other in zip(answered, truth, strict=True))
    return {
        "right": right,
        "texts": len(asked),
        "seconds": record.training_seconds,
        "settings": record.config.to_json(),
    }


def _score_baseline(task: Task, plan: Plan) -> dict[str, Any] | None:
    prepared = prepare_run(plan)
    parts = {"asked": prepared.corpus.held_out}
    rules = prepared.settings.config.text_rules()
    answered = answer_by(BASELINES[task.system], prepared.corpus, prepared.parts["training"], parts, rules)
    if answered is None:
        return None
    right = answered.right["asked"]
    return {"right": int(right.sum()), "texts": len(right), "seconds": answered.seconds}


def _set_up(fasttext: str) -> None:
    """Readies a process. ``fasttext``: a folder with a package that trains, which hides one that only predicts."""
    if fasttext:
        sys.path.insert(0, fasttext)
    use_one_thread()


def tasks_of(data: Sequence[str], systems: Sequence[str], seeds: Sequence[int]) -> Iterator[Task]:
    """All trainings, the first seed first."""
    for seed in seeds:
        for system in systems:
            if system not in BASELINES or seed == seeds[0]:
                for name in data:
                    yield Task(name, system, 1 if system in BASELINES else seed)


def table(rows: Sequence[Mapping[str, Any]], systems: Sequence[str]) -> str:
    """Accuracy of each data set and system, the mean over its seeds."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        found.setdefault(row["data"], {}).setdefault(row["system"], []).append(row["right"] / row["texts"])
    lines = [
        (data, *(f"{mean(of[system]):.4f} ({len(of[system])})" if system in of else "" for system in systems))
        for data, of in found.items()
    ]
    whole = [of for of in found.values() if all(system in of for system in systems)]
    if whole:
        means = (f"{mean(mean(of[system]) for of in whole):.4f}" for system in systems)
        lines.append((f"mean of {len(whole)}", *means))
    return render_table(("data", *systems), lines)


def main() -> int:
    """Runs the missing trainings and prints the table; exit status 0."""
    parser = argparse.ArgumentParser(description="compare settings on many data sets")
    parser.add_argument("folder", type=Path, help="folder that keeps texts and trainings; downloads in its downloads/")
    parser.add_argument("--data", nargs="+", choices=DATA_SETS, default=list(DATA_SETS), metavar="DATA")
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--part", choices=("choice", "test"), default="choice")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time, one thread each")
    parser.add_argument("--fasttext", default="", help="folder with a fastText that trains")
    parser.add_argument("--json", type=Path, required=True, help="report to write, and to take finished scores from")
    arguments = parser.parse_args()
    folder = arguments.folder
    for name in arguments.data:
        prepare(name, folder / "downloads", folder / "texts" / name)
    known: list[dict[str, Any]] = json.loads(arguments.json.read_text())["rows"] if arguments.json.exists() else []
    rows = {(row["data"], row["system"], row["seed"]): row for row in known if row["part"] == arguments.part}
    others = [row for row in known if row["part"] != arguments.part]
    missing = [
        task
        for task in tasks_of(arguments.data, arguments.systems, arguments.seeds)
        if (task.data, task.system, task.seed) not in rows
    ]
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn"), _set_up, (arguments.fasttext,)) as pool:
        scoring = {pool.submit(score, task, folder, arguments.part): task for task in missing}
        for done in as_completed(scoring):
            task, result = scoring[done], done.result()
            if result is None:
                continue
            row = {"part": arguments.part, "data": task.data, "system": task.system, "seed": task.seed, **result}
            rows[task.data, task.system, task.seed] = row
            print(f"{task.data}, {task.system}, seed {task.seed}: {row['right'] / row['texts']:.4f}", file=sys.stderr)
            write_json(arguments.json, {"schema_version": SCHEMA_VERSION, "rows": [*others, *rows.values()]})
    shown = [row for row in rows.values() if row["data"] in arguments.data and row["system"] in arguments.systems]
    print(table(shown, arguments.systems))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
