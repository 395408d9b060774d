"""A whole run: corpus in, trained model and its record out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from drupelet.reliability import reliability
from drupelet_train import run_folder
from drupelet_train.atomic import replace_text
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus, read_corpus
from drupelet_train.corpora.corpus_statistics import (
    TokenCounts,
    check_words,
    corpus_statistics,
    count_tokens,
    texts_with_word,
)
from drupelet_train.corpora.splits import Indices
from drupelet_train.network.embedding import embedding_rows
from drupelet_train.network.model import build_model, check_output, plain_model
from drupelet_train.network.model_file import write_model
from drupelet_train.plots import plot_curves, plot_lengths, plot_reliability
from drupelet_train.run_folder import Plan
from drupelet_train.teaching.distillation import constant
from drupelet_train.teaching.lessons import check_teacher, prepare_lessons
from drupelet_train.training.calibration import at_temperature, best_temperature, divide_logits
from drupelet_train.training.checkpoints import EpochRecord, TrainingState
from drupelet_train.training.examples import Examples, one_hot
from drupelet_train.training.loop import (
    Training,
    compile_training,
    fit,
    ignore_epochs,
    predict,
    score_model,
    steps_per_epoch,
)
from drupelet_train.training.members import joined_config, train_members
from drupelet_train.training.progress import Progress
from drupelet_train.words.id_matrix import cache_folder, cached_id_matrix
from drupelet_train.words.vocabulary import Vocabulary, most_frequent, most_telling


def train(
    folder: Path,
    plan: Plan,
    resume: bool,
    progress: Progress,
    stop: Callable[[], bool],
    before_epoch: Callable[[Sequence[EpochRecord]], None] = ignore_epochs,
) -> dict[str, Any]:
    """Trains what ``plan`` says into ``folder`` and returns the run's record.

    With ``resume``, ``folder`` holds a run with this plan, which goes on from its checkpoint. Without, it becomes the
    folder of a run once the data proves usable. The held-out texts are scored once, when the training is over, and not at
    all if the plan leaves them out. ``before_epoch`` may end the training, as in :func:`fit`. Raises
    TrainingInterruptedError when ``stop`` said so; the run can be resumed then.
    """
    config, corpus = plan.config, read_corpus(plan.data)
    validation = corpus.validation(config.validation_fraction, config.validation_blocks)
    training_rows = np.setdiff1d(corpus.training, validation)
    parts = {"training": training_rows, "validation": validation, "held_out": corpus.held_out}

    tokenizer = config.tokenizer_rules()
    counts = count_tokens(corpus.texts, training_rows, tokenizer)
    check_words(plan.data, counts, tokenizer)
    vocabulary = _vocabulary(corpus, training_rows, counts, config)
    statistics = corpus_statistics(corpus, parts, counts, vocabulary, config.max_tokens)
    rows, statistics["vocabulary_in_glove"] = embedding_rows(vocabulary, config)
    statistics["vocabulary"] = len(vocabulary.tokens)

    ids = cached_id_matrix(
        corpus.texts, statistics["sha256"], vocabulary, tokenizer, config.padding, cache_folder(), progress.notice
    )
    examples = Examples(ids, one_hot(corpus.label_ids, len(corpus.labels)), config.padding)

    check_output(config, len(corpus.labels))
    check_teacher(config, corpus, training_rows)
    if not resume:
        run_folder.begin(folder, plan)
    elif changed := run_folder.other_versions(folder):
        progress.notice(changed)
    plot_lengths(folder / run_folder.LENGTHS_PICTURE, counts.lengths, config.max_tokens)
    lessons = prepare_lessons(
        corpus, validation, vocabulary, counts.frequencies, config, cache_folder(), progress, stop
    )

    def examples_of(student: TrainConfig) -> Callable[[int], Examples]:
        theirs = replace(lessons, config=student)
        return lru_cache(maxsize=1)(theirs.examples) if theirs.varies else constant(theirs.examples(0))

    checkpoints = folder / run_folder.CHECKPOINTS
    run_sha256 = plan.sha256(statistics["sha256"])
    validating = examples.select(validation)
    float_history: tuple[EpochRecord, ...] = ()
    if config.members == 1:
        model = build_model(config, rows, len(corpus.labels))
    else:
        weights, float_history = train_members(
            config,
            rows,
            len(corpus.labels),
            examples_of,
            validating,
            checkpoints,
            run_sha256,
            progress,
            stop,
            before_epoch,
        )
        model = build_model(joined_config(config), weights[0], len(corpus.labels))
        model.set_weights(weights)
    whole_config, whole_examples = joined_config(config), examples_of(config)
    # Between members there are zeros: small weights in their place would all be rounded away by the integer schemes.
    steps = steps_per_epoch(whole_examples(0), config)
    training = compile_training(model, whole_config, steps, zeros_stay=config.members > 1)
    state = fit(
        training,
        whole_config,
        whole_examples,
        validating,
        checkpoints,
        run_sha256,
        progress,
        stop,
        before_epoch=before_epoch,
        float_history=float_history,
    )

    calibration = _calibrate(folder, training, validating)
    metrics = {"validation": score_model(training, validating).to_json()}
    if plan.scores_held_out:
        metrics["held_out"] = score_model(training, examples.select(corpus.held_out)).to_json()
    record = _record(
        plan, corpus, statistics, state, {"teacher": lessons.report(), "calibration": calibration, "metrics": metrics}
    )
    _write_outputs(folder, training, vocabulary, corpus, state, record)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return record


def _vocabulary(corpus: Corpus, training_rows: Indices, counts: TokenCounts, config: TrainConfig) -> Vocabulary:
    if config.vocabulary == "frequent":
        return most_frequent(counts.frequencies, config.vocabulary_size)
    words = sorted(counts.frequencies)
    text_counts = texts_with_word(corpus, training_rows, words, config.tokenizer_rules())
    return most_telling(text_counts, words, counts.frequencies, config.vocabulary_size)


def _calibrate(folder: Path, training: Training, validation: Examples) -> dict[str, Any]:
    """Divides the model's logits by the best temperature for the validation texts, and says what that did.

    Without an answer (of texts without a token an average is not a number) there is nothing to do or to say.
    """
    probabilities = predict(training, validation)
    answered = ~np.isnan(probabilities).any(axis=1)
    if not answered.any():
        return {}
    probabilities, targets = probabilities[answered], validation.targets[answered]
    temperature = best_temperature(probabilities, targets)
    label_ids = targets.argmax(axis=1).tolist()
    before = reliability(probabilities.tolist(), label_ids)
    after = reliability(at_temperature(probabilities, temperature).tolist(), label_ids)
    divide_logits(training.model, temperature)
    plot_reliability(folder / run_folder.RELIABILITY_PICTURE, before, after)
    return {"temperature": temperature, "before": before.to_json(), "after": after.to_json()}


def _record(
    plan: Plan,
    corpus: Corpus,
    statistics: dict[str, Any],
    state: TrainingState,
    measured: dict[str, Any],
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
        **measured,
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
    config = joined_config(TrainConfig(**record["config"]))
    write_model(folder / run_folder.MODEL, plain_model(config, training.model, len(corpus.labels)))
    plot_curves(folder / run_folder.CURVES_PICTURE, state.history, state.best_epoch)
    curves = {"schema_version": run_folder.SCHEMA_VERSION, "best_epoch": state.best_epoch, "history": record["history"]}
    run_folder.write_json(folder / run_folder.CURVES, curves)
    run_folder.write_json(folder / run_folder.RECORD, record)
