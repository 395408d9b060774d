"""A run: reads a corpus, trains a model on it, and writes the model with the record of its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drupelet.decision import HOLDS
from drupelet.evaluation import Evaluation
from drupelet.reliability import Reliability, reliability, reliability_of
from drupelet.run_folder import (
    CONFUSION_PICTURE,
    CURVES_PICTURE,
    EVALUATION,
    LEARNING_PICTURE,
    LENGTHS_PICTURE,
    MODEL,
    RECORD,
    RELIABILITY_PICTURE,
    VOCABULARY,
)
from drupelet.text.rules import TextRules
from drupelet_train import run_folder
from drupelet_train.atomic import replace_text
from drupelet_train.baselines import tfidf_regression
from drupelet_train.baselines.comparison import Answered, answer_baselines, beside_network
from drupelet_train.config import OUTPUT_EACH, TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import (
    TokenCounts,
    corpus_statistics,
    texts_with_word,
)
from drupelet_train.corpora.duplicates import find_duplicates
from drupelet_train.corpora.splits import Indices
from drupelet_train.judging.evaluations import evaluate_part
from drupelet_train.judging.learning_curve import LearningCurve, learning_curve
from drupelet_train.network.embedding import embedding_rows
from drupelet_train.network.model import build_model, max_pooling_ignores_masks, plain_model
from drupelet_train.network.model_file import write_model
from drupelet_train.plots import plot_confusion, plot_curves, plot_learning_curve, plot_lengths, plot_reliability
from drupelet_train.preparation import Prepared, prepare
from drupelet_train.run_folder import Plan
from drupelet_train.run_record import Calibration, RunRecord
from drupelet_train.teaching.distillation import Distillation
from drupelet_train.teaching.lessons import Student, prepare_lessons
from drupelet_train.text_settings import described, settings_file
from drupelet_train.training.calibration import at_temperature, best_temperature, divide_logits
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.checkpoints import Checkpoints, EpochRecord, TrainingState, kept_epoch
from drupelet_train.training.examples import Dataset, Examples
from drupelet_train.training.loop import (
    Training,
    fit,
    predict,
    steps_per_epoch,
    trace_training,
)
from drupelet_train.training.members import joined_config, train_members
from drupelet_train.training.scores import right_answers, score
from drupelet_train.training.tasks import Workers
from drupelet_train.words.id_matrix import TextEncoding, cache_folder, cached_id_matrix, known_words
from drupelet_train.words.vocabulary import Vocabulary, most_frequent, most_telling


@max_pooling_ignores_masks()
def train(
    folder: Path,
    plan: Plan,
    resume: bool = False,
    callbacks: Callbacks | None = None,
    prepared: Prepared | None = None,
    workers: Workers | None = None,
) -> RunRecord:
    """Trains a model as ``plan`` describes, writes it into ``folder``, and returns the record of the run.

    With ``resume``, ``folder`` holds a run with this plan, which is continued from its checkpoint. Without, ``folder``
    becomes the folder of a run once the data is known to be usable. The held-out texts are scored once, after the training,
    or not at all if ``plan.scores_held_out`` is false. ``prepared``: the texts of the plan, where they were read
    already. ``workers`` train members and the networks of a teacher; without, this process does. Raises
    TrainingInterruptedError if ``callbacks.stop`` returns True (the run can be resumed then), InputError if another
    process trains into ``folder``, and the exceptions of ``callbacks.before_epoch``.
    """
    with run_folder.working_in(folder):
        callbacks = callbacks or Callbacks()
        recorded = run_folder.begun_corpus_sha256(folder) if resume else None
        prepared = prepared or prepare(plan, recorded, callbacks.progress.notice)
        return _train(folder, resume, callbacks, prepared, workers)


def _train(folder: Path, resume: bool, callbacks: Callbacks, prepared: Prepared, workers: Workers | None) -> RunRecord:
    plan, corpus, parts, settings = prepared.plan, prepared.corpus, prepared.parts, prepared.settings
    training_rows, validation = parts["training"], parts["validation"]
    config, counts = settings.config, settings.counts
    rules = config.text_rules()
    vocabulary = _vocabulary(corpus, training_rows, counts, config)
    statistics = corpus_statistics(corpus, parts, counts, settings.letters, vocabulary, config.max_tokens)
    rows, vocabulary_in_glove = embedding_rows(vocabulary, config)

    encoding = TextEncoding(vocabulary, rules, config.padding)
    ids = cached_id_matrix(corpus.texts, statistics.sha256, encoding, cache_folder(), callbacks.progress.notice)
    examples = Examples(ids, corpus.targets(), config.padding)

    if not resume:
        run_folder.begin(folder, plan, statistics.sha256)
    elif changed := run_folder.other_versions(folder):
        callbacks.progress.notice(changed)
    if not (folder / run_folder.SETTINGS).exists():  # or the run was killed before
        replace_text(folder / run_folder.SETTINGS, settings_file(settings))
    duplicates, fresh = find_duplicates(corpus, parts)
    for line in (*duplicates.described(), *described(settings, statistics)):
        callbacks.progress.notice(line)
    asked = {"validation": validation}
    if plan.scores_held_out and len(fresh):
        asked["held_out"] = fresh
    notice = callbacks.progress.notice
    _check_stop(callbacks)
    baselines = answer_baselines(corpus, training_rows, asked, rules, notice) if plan.compares_baselines else []
    if baselines:
        callbacks.progress.notice(_announced(baselines))
    _check_stop(callbacks)
    curve = _learning_curve(corpus, training_rows, validation, rules, baselines)
    _check_stop(callbacks)
    plot_lengths(folder / LENGTHS_PICTURE, counts.lengths, config.max_tokens)
    student = Student(config, vocabulary)
    lessons = prepare_lessons(corpus, validation, student, counts.frequencies, cache_folder(), callbacks, workers)
    _check_stop(callbacks)
    validating = examples.select(validation)
    checkpoints = Checkpoints(folder / run_folder.CHECKPOINTS, plan.sha256(statistics.sha256))
    training, state = _train_network(rows, lessons, validating, checkpoints, callbacks, workers)

    calibration = _calibrate(training, validating)
    if calibration:
        plot_reliability(folder / RELIABILITY_PICTURE, calibration.before, calibration.after)
    each = training.config.output == OUTPUT_EACH
    targets = corpus.targets()
    answers = {part: predict(training, examples.select(rows)) for part, rows in asked.items()}
    scores = {part: score(answers[part], targets[rows], each) for part, rows in asked.items()}
    evaluations = {
        part: evaluate_part(corpus, rows, answers[part], known_words(ids[rows])) for part, rows in asked.items()
    }
    right = {part: right_answers(answers[part], targets[rows], each) for part, rows in asked.items()}
    record = RunRecord(
        data=plan.data,
        reading=plan.reading,
        text_rules=rules,
        text_rules_reason=settings.reason,
        labels=corpus.labels,
        config=plan.config,
        corpus=statistics,
        vocabulary_in_glove=vocabulary_in_glove,
        vocabulary_size=len(vocabulary.tokens),
        history=state.history,
        best_epoch=kept_epoch(state.history, config),
        training_seconds=sum(epoch.seconds for epoch in state.history),
        teacher=lessons.scores(),
        calibration=calibration,
        validation=scores["validation"],
        held_out=scores.get("held_out"),
        baselines=beside_network(baselines, right),
        duplicates=duplicates,
        versions=run_folder.versions(),
    )
    _write_judgement(folder, evaluations, curve, (len(training_rows), scores["validation"].accuracy))
    _write_outputs(folder, training, vocabulary, record)
    run_folder.drop_checkpoints(folder)
    return record


def _check_stop(callbacks: Callbacks) -> None:
    """Ends a run that is to stop before its training. The stages before it are short, and are done again."""
    if callbacks.stop():
        raise TrainingInterruptedError("interrupted before the first step")


def _announced(baselines: Sequence[Answered]) -> str:
    """A line on what the network has to beat."""
    found = (f"{each.name} {each.right['validation'].mean():.4f} ({each.seconds:.1f} s)" for each in baselines)
    return f"beside it, right on validation texts: {', '.join(found)}"


def _learning_curve(
    corpus: Corpus, training: Indices, validation: Indices, rules: TextRules, baselines: Sequence[Answered]
) -> LearningCurve | None:
    """The curve that ends with the answers of the regression among the baselines; None where there is none."""
    of_all = [each.right["validation"] for each in baselines if each.name == tfidf_regression.NAME]
    return learning_curve(corpus, training, validation, rules, of_all[0]) if of_all else None


def _write_judgement(
    folder: Path, evaluations: Mapping[str, Evaluation], curve: LearningCurve | None, network: tuple[int, float]
) -> None:
    """Writes what a person checks. ``network``: its training texts, and its accuracy on the validation texts."""
    document = {
        "schema_version": run_folder.SCHEMA_VERSION,
        "parts": {part: found.to_json() for part, found in evaluations.items()},
        "learning_curve": None if curve is None else curve.to_json(),
    }
    run_folder.write_json(folder / EVALUATION, document)
    part, found = list(evaluations.items())[-1]  # the held-out texts where they were scored
    if found.confused:
        plot_confusion(folder / CONFUSION_PICTURE, found, part.replace("_", "-"))
    if curve is not None:
        plot_learning_curve(folder / LEARNING_PICTURE, curve, network)


@dataclass(frozen=True)
class _DatasetOf:
    """The dataset of a network with the same texts and teacher, by its configuration."""

    lessons: Distillation
    validation: Examples

    def __call__(self, student: TrainConfig) -> Dataset:
        return replace(self.lessons, config=student).dataset(self.validation)


def _train_network(
    rows: npt.NDArray[np.float32],
    lessons: Distillation,
    validation: Examples,
    checkpoints: Checkpoints,
    callbacks: Callbacks,
    workers: Workers | None,
) -> tuple[Training, TrainingState]:
    """Trains the network of ``lessons.config``, or its members and then the network joined from them.

    ``rows`` (tokens, embedding_dim) float32 are the initial rows of every embedding.
    """
    config, classes = lessons.config, lessons.labels.shape[1]
    dataset_of = _DatasetOf(lessons, validation)
    float_history: tuple[EpochRecord, ...] = ()
    if config.members == 1:
        model = build_model(config, rows, classes)
    else:
        weights, float_history = train_members(config, rows, classes, dataset_of, checkpoints, callbacks, workers)
        model = build_model(joined_config(config), weights[0], classes)
        model.set_weights(weights)
    dataset = dataset_of(config)
    # The zeros between members stay zeros: the integer schemes would round small weights in their place to 0 anyway.
    steps, zeros_stay = steps_per_epoch(dataset.of_epoch(0), config), config.members > 1
    training = trace_training(model, joined_config(config), steps, zeros_stay)
    return training, fit(training, dataset, checkpoints, callbacks, float_history)


def _vocabulary(corpus: Corpus, training_rows: Indices, counts: TokenCounts, config: TrainConfig) -> Vocabulary:
    if config.vocabulary == "frequent":
        return most_frequent(counts.frequencies, config.vocabulary_size)
    words = sorted(counts.frequencies)
    text_counts = texts_with_word(corpus, training_rows, words, config.text_rules())
    return most_telling(text_counts, words, counts.frequencies, config.vocabulary_size)


def _calibrate(training: Training, validation: Examples) -> Calibration | None:
    """Divides the model's logits by the best temperature for the validation texts.

    Returns None and divides nothing if no text has an answer: the average over a text without tokens is not a number.
    """
    probabilities = predict(training, validation)
    answered = ~np.isnan(probabilities).any(axis=1)
    if not answered.any():
        return None
    probabilities, labels = probabilities[answered], validation.labels[answered]
    each = training.config.output == OUTPUT_EACH
    temperature = best_temperature(probabilities, labels, each)
    before = _reliability(probabilities, labels, each)
    after = _reliability(at_temperature(probabilities, temperature, each), labels, each)
    divide_logits(training.model, temperature)
    return Calibration(temperature, before, after)


def _reliability(probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.float32], each: bool) -> Reliability:
    """The reliability of (texts, classes) answers; with ``each``, of the decision about each label."""
    if not each:
        return reliability(probabilities.tolist(), labels.argmax(axis=1).tolist())
    holds = probabilities >= HOLDS
    confidences = np.where(holds, probabilities, 1.0 - probabilities)
    return reliability_of(confidences.ravel().tolist(), (holds == (labels >= HOLDS)).ravel().tolist())


def _write_outputs(folder: Path, training: Training, vocabulary: Vocabulary, record: RunRecord) -> None:
    vocabulary.write(folder / VOCABULARY)
    replace_text(folder / run_folder.LABELS, "".join(f"{label}\n" for label in record.labels))
    write_model(folder / MODEL, plain_model(training.config, training.model, len(record.labels)))
    plot_curves(folder / CURVES_PICTURE, record.history, record.best_epoch)
    curves = {
        "schema_version": run_folder.SCHEMA_VERSION,
        "best_epoch": record.best_epoch,
        "history": [asdict(epoch) for epoch in record.history],
    }
    run_folder.write_json(folder / run_folder.CURVES, curves)
    run_folder.write_json(folder / RECORD, record.to_json())
