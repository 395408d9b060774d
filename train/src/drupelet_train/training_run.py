"""A whole run: corpus in, trained model and its record out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from drupelet.errors import InputError
from drupelet_train import run_folder
from drupelet_train.atomic import replace_text, replacing
from drupelet_train.checkpoints import TrainingState
from drupelet_train.corpus import Corpus, read_corpus
from drupelet_train.corpus_statistics import corpus_statistics, count_tokens
from drupelet_train.embedding import embedding_rows
from drupelet_train.examples import Examples, one_hot
from drupelet_train.id_matrix import cache_folder, cached_id_matrix
from drupelet_train.model import build_model
from drupelet_train.plots import plot_curves, plot_lengths
from drupelet_train.progress import Progress
from drupelet_train.run_folder import Plan
from drupelet_train.training import Training, compile_training, fit, score_model
from drupelet_train.vocabulary import Vocabulary, most_frequent


def train(folder: Path, plan: Plan, resume: bool, progress: Progress, stop: Callable[[], bool]) -> dict[str, Any]:
    """Trains what ``plan`` says into ``folder`` and returns the run's record.

    With ``resume``, ``folder`` holds a run with this plan, which goes on from its checkpoint. Without, it becomes the
    folder of a run once the data proves usable. The held-out texts are scored once, when the training is over. Raises
    TrainingInterruptedError when ``stop`` said so; the run can be resumed then.
    """
    config, corpus = plan.config, read_corpus(plan.data)
    validation = corpus.validation(config.validation_fraction, config.validation_blocks)
    training_rows = np.setdiff1d(corpus.training, validation)
    parts = {"training": training_rows, "validation": validation, "held_out": corpus.held_out}

    tokenizer = config.tokenizer_rules()
    counts = count_tokens(corpus.texts, training_rows, tokenizer)
    vocabulary = most_frequent(counts.frequencies, config.vocabulary_size)
    statistics = corpus_statistics(corpus, parts, counts, vocabulary, config.max_tokens)
    rows, statistics["vocabulary_in_glove"] = embedding_rows(vocabulary, config)
    statistics["vocabulary"] = len(vocabulary.tokens)

    ids = cached_id_matrix(
        corpus.texts, statistics["sha256"], vocabulary, tokenizer, config.padding, cache_folder(), progress.notice
    )
    examples = Examples(ids, one_hot(corpus.label_ids, len(corpus.labels)), config.padding)
    # A text without a token teaches nothing, and averages to "not a number".
    learnable = examples.select(training_rows[counts.lengths[training_rows] > 0])
    if len(learnable.ids) == 0:
        raise InputError(
            f"{plan.data}: none of its training texts has a word under the tokenizer {tokenizer.name!r}; expected text "
            'in letters it keeps: try tokenizer = "keras" in the configuration'
        )

    model = build_model(config, rows, len(corpus.labels))
    if not resume:
        run_folder.begin(folder, plan)
    elif changed := run_folder.other_versions(folder):
        progress.notice(changed)
    plot_lengths(folder / run_folder.LENGTHS_PICTURE, counts.lengths, config.max_tokens)
    training = compile_training(model, config, -(-len(learnable.ids) // config.batch_size))
    checkpoints = folder / run_folder.CHECKPOINTS
    run_sha256 = plan.sha256(statistics["sha256"])
    state = fit(training, config, learnable, examples.select(validation), checkpoints, run_sha256, progress, stop)

    metrics = {
        "validation": score_model(training, examples.select(validation)).to_json(),
        "held_out": score_model(training, examples.select(corpus.held_out)).to_json(),
    }
    record = _record(plan, corpus, statistics, state, metrics)
    _write_outputs(folder, training, vocabulary, corpus, state, record)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return record


def _record(
    plan: Plan, corpus: Corpus, statistics: dict[str, Any], state: TrainingState, metrics: dict[str, Any]
) -> dict[str, Any]:
    return {
        "schema_version": run_folder.SCHEMA_VERSION,
        "data": plan.data,
        "tokenizer": plan.config.tokenizer_rules().to_json(),
        "padding": plan.config.padding,
        "labels": list(corpus.labels),
        "config": plan.config.to_json(),
        "corpus": statistics,
        "history": [asdict(record) for record in state.history],
        "best_epoch": state.best_epoch,
        "training_seconds": sum(record.seconds for record in state.history),
        "metrics": metrics,
        "versions": run_folder.versions(),
    }


def _write_outputs(
    folder: Path,
    training: Training,
    vocabulary: Vocabulary,
    corpus: Corpus,
    state: TrainingState,
    record: dict[str, Any],
) -> None:
    vocabulary.write(folder / run_folder.VOCABULARY)
    replace_text(folder / run_folder.LABELS, "".join(f"{label}\n" for label in corpus.labels))
    with replacing(folder / run_folder.MODEL) as temporary:
        keras.saving.save_model(training.model, temporary)
    plot_curves(folder / run_folder.CURVES_PICTURE, state.history, state.best_epoch)
    curves = {"schema_version": run_folder.SCHEMA_VERSION, "best_epoch": state.best_epoch, "history": record["history"]}
    run_folder.write_json(folder / run_folder.CURVES, curves)
    run_folder.write_json(folder / run_folder.RECORD, record)
