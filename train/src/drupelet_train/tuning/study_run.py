"""Tuning: trains a configuration many times with some settings changed, and writes the best settings as a configuration.

The best trial is the one with the lowest validation loss. Accuracy on a few hundred or thousand texts changes more by chance
than by most settings; the loss depends on every answer. The first trial is the base configuration itself, so that the gain of
a study is known. No held-out text is scored.

A running trial is the run in ``trials/<number>``, which a resumed study continues. Of the finished trials, only the best
keeps its folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import keras

from drupelet.errors import DrupeletError, InputError
from drupelet.run_folder import STUDY_RECORD, TRIALS
from drupelet_train import run_folder
from drupelet_train.atomic import replace_text
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.preparation import Prepared, prepare, prepare_read
from drupelet_train.run_folder import Plan
from drupelet_train.run_record import read_record
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.loop import DivergedError
from drupelet_train.training.tasks import InThisProcess, Task, Workers
from drupelet_train.training_run import train
from drupelet_train.tuning.plots import plot_tuning
from drupelet_train.tuning.search_space import Interval, Settings, search_space
from drupelet_train.tuning.study import Study, Yardstick, only_errors_of_optuna
from drupelet_train.tuning.study_record import StudyRecord
from drupelet_train.tuning.trial import COMPLETE, DIVERGED, PRUNED, Trial, best_trial
from drupelet_train.words.vocabulary import RESERVED

DATABASE = "study.db"
TRIALS_IN_ROUND = 4
"""Trials of a round where workers train them. Those of a round know the trials before the round alone, so that the number of
workers, and which of them is faster, decide nothing."""

PICTURE, BEST = "tuning.png", "best.toml"


@only_errors_of_optuna()
def tune(
    folder: Path,
    plan: Plan,
    trials: int,
    resume: bool,
    callbacks: Callbacks,
    prepared: Prepared | None = None,
    workers: Workers | None = None,
) -> StudyRecord:
    """Trains from ``plan`` until the study in ``folder`` has ``trials`` trials, and returns its record.

    With ``resume``, ``folder`` holds a study with this plan, which is continued. Without, ``folder`` becomes the folder of a
    study once the data is known to be usable. ``prepared``: its texts, where they were read already. ``workers`` train the
    trials, or this process. Record, picture and best configuration are written after every trial. Raises
    TrainingInterruptedError if ``callbacks.stop`` returns True (the study can be resumed then), InputError if every trial
    diverged, or if another process works in ``folder``. ``callbacks.before_epoch`` is not called: the study uses it to watch
    the epochs of its trials.
    """
    with run_folder.working_in(folder):
        recorded = run_folder.begun_corpus_sha256(folder, run_folder.STUDY) if resume else None
        prepared = prepared or prepare(plan, recorded, callbacks.progress.notice)
        return _tune(folder, trials, resume, callbacks, prepared, workers or InThisProcess())


def _tune(
    folder: Path, trials: int, resume: bool, callbacks: Callbacks, prepared: Prepared, workers: Workers
) -> StudyRecord:
    plan = prepared.plan
    config, corpus, validation = plan.config, prepared.corpus, prepared.parts["validation"]
    space = search_space(config, _limits(prepared))
    if not resume:
        run_folder.begin(folder, plan, corpus.sha256(), run_folder.STUDY)
    elif changed := run_folder.other_versions(folder, run_folder.STUDY):
        callbacks.progress.notice(changed)
    study = Study(folder / DATABASE, space, config.seed, config.epochs, corpus.sha256())
    over = study.trials()
    _drop_remains(folder)
    _drop_trials(folder, over, _round_of(len(over), plan).stop)
    ended: dict[int, Trial] = {}

    def book(number: int, trial: Trial) -> None:
        """Books what has ended, in the order of the numbers."""
        ended[number] = trial
        while (following := len(study.trials())) in ended:
            study.book(ended.pop(following))
            over = study.trials()
            callbacks.progress.notice(_news(over))
            _write_outputs(folder, plan, space, len(validation), over)
            _drop_trials(folder, over, _round_of(number, plan).stop)

    while len(over) < trials:
        if callbacks.stop():
            raise TrainingInterruptedError(f"interrupted after {len(over)} of {trials} trials")
        now = _round_of(len(over), plan)
        numbers = range(len(over), min(now.stop, trials))
        tasks = [_task(folder, plan, study, number, now.start, trials, callbacks) for number in numbers]
        workers.run(tasks, corpus, callbacks, lambda place, trial: book(numbers[place], trial))  # noqa: B023 - called in here
        over = study.trials()
    if best_trial(over) is None:
        raise InputError(
            f"{folder}: the loss stopped being a number in all {len(over)} trials; expected one that is trained to its "
            f"end: lower learning_rate (now {config.learning_rate}) and tune into a new folder"
        )
    return _write_outputs(folder, plan, space, len(validation), over)


def trial_config(base: TrainConfig, number: int, settings: Settings) -> TrainConfig:
    """The configuration of trial ``number``: the base itself for number 0, else the base with ``settings``."""
    return base if number == 0 else TrainConfig(**{**base.to_json(), **settings})


def _limits(prepared: Prepared) -> dict[str, int]:
    """The largest values of settings that the corpus can use."""
    counts = prepared.settings.counts
    return {
        "vocabulary_size": len(counts.frequencies) + len(RESERVED),
        "max_tokens": int(counts.lengths[prepared.corpus.training].max()),
    }


class _HopelessError(DrupeletError):
    """The trial is worse than the median of complete trials at the same epoch."""


@dataclass
class _Watch:
    """Remembers the epochs of a trial, and ends the trial when it is hopeless."""

    yardstick: Yardstick
    history: Sequence[EpochRecord] = ()

    def __call__(self, history: Sequence[EpochRecord]) -> None:
        self.history = history
        if history and self.yardstick.is_hopeless(_losses(history)):
            raise _HopelessError


def _task(folder: Path, plan: Plan, study: Study, number: int, known: int, trials: int, callbacks: Callbacks) -> Task:
    """The training of a trial, or the rest of it, whose settings follow from the first ``known`` trials."""
    trial_folder = folder / TRIALS / str(number)
    begun = (trial_folder / run_folder.PLAN).exists()
    # A trial keeps the settings that it began with: another version of Optuna may propose others.
    if begun:
        config = run_folder.read_plan(trial_folder).config
    else:
        config = trial_config(plan.config, number, study.propose(number, known))
    settings = {setting: getattr(config, setting) for setting in study.space}
    described = ", ".join(f"{setting} {value}" for setting, value in settings.items())
    callbacks.progress.notice(f"trial {number} ({number + 1} of {trials}){' continues' if begun else ''}: {described}")
    trial_plan = replace(plan, config=config, scores_held_out=False, compares_baselines=False)
    function = f"{run_trial.__module__}:{run_trial.__name__}"
    return Task(f"trial {number}", function, trial_folder, (trial_plan, settings, study.yardstick(known)))


@only_errors_of_optuna()
def run_trial(
    folder: Path, corpus: Corpus, plan: Plan, settings: Settings, yardstick: Yardstick, callbacks: Callbacks
) -> Trial:
    """Trains a trial with the texts of its plan in ``folder``, or continues it if it has begun there."""
    begun = (folder / run_folder.PLAN).exists()
    watch = _Watch(yardstick)
    record = read_record(folder) if begun else None
    try:
        if record is None:
            keras.backend.clear_session()  # otherwise the graphs of all trials stay in memory
            record = train(folder, plan, begun, replace(callbacks, before_epoch=watch), prepare_read(plan, corpus))
    except _HopelessError:
        best = min(watch.history, key=lambda epoch: epoch.validation_loss)
        scores = best.validation_loss, best.validation_accuracy
        return Trial(settings, PRUNED, _losses(watch.history), *scores, _seconds(watch.history))
    except DivergedError as error:
        callbacks.progress.notice(f"trial {folder.name}: {error}")
        return Trial(settings, DIVERGED, {}, None, None, _seconds(watch.history))
    history, score = record.history, record.validation
    return Trial(settings, COMPLETE, _losses(history), score.loss, score.accuracy, _seconds(history))


def _losses(history: Sequence[EpochRecord]) -> dict[int, float]:
    return {record.epoch: record.validation_loss for record in history}


def _seconds(history: Sequence[EpochRecord]) -> float:
    return sum(record.seconds for record in history)


def _news(over: Sequence[Trial]) -> str:
    trial, best = over[-1], best_trial(over)
    result = "" if trial.validation_loss is None else f", validation loss {trial.validation_loss:.4f}"
    leader = "" if best is None else f"; best is trial {best} with {over[best].validation_loss:.4f}"
    return f"trial {len(over) - 1}: {trial.state}{result}{leader}"


def _round_of(number: int, plan: Plan) -> range:
    """The numbers of the trials that are proposed with this one."""
    length = TRIALS_IN_ROUND if plan.apart else 1
    first = number - number % length
    return range(first, first + length)


def _drop_trials(folder: Path, over: Sequence[Trial], end: int) -> None:
    """Deletes the folders of all trials except the best, and those before ``end`` that are not booked."""
    for path in _trials(folder):
        if path.name != str(best_trial(over)) and not (path.name.isdecimal() and len(over) <= int(path.name) < end):
            shutil.rmtree(path)


def _drop_remains(folder: Path) -> None:
    """Deletes the remains of an interrupted deletion, and folders in which no trial has begun."""
    for path in _trials(folder):
        if not (path / run_folder.PLAN).exists():
            shutil.rmtree(path)


def _trials(folder: Path) -> list[Path]:
    return list((folder / TRIALS).iterdir()) if (folder / TRIALS).exists() else []


def _write_outputs(
    folder: Path, plan: Plan, space: Mapping[str, Interval], validation_texts: int, over: Sequence[Trial]
) -> StudyRecord:
    """Writes the best configuration, the picture and the record, and returns the record."""
    configs = [trial_config(plan.config, number, trial.settings) for number, trial in enumerate(over)]
    record = StudyRecord(
        data=plan.data,
        reading=plan.reading,
        config=plan.config,
        space=space,
        validation_texts=validation_texts,
        # The study has the settings of trial 0 clipped to the space; the base has them as they are.
        trials=tuple(
            replace(trial, settings={setting: getattr(config, setting) for setting in space})
            for trial, config in zip(over, configs, strict=True)
        ),
        versions={**run_folder.versions(), "optuna": version("optuna")},
    )
    if record.best is not None:
        best = record.trials[record.best]
        origin = (
            f"# Trial {record.best}, the best of {len(over)}: validation loss {best.validation_loss:.4f}, accuracy "
            f"{best.validation_accuracy:.4f}, on {validation_texts:,} texts.\n"
        )
        replace_text(folder / BEST, origin + configs[record.best].to_toml())
        plot_tuning(folder / PICTURE, over, space)
    run_folder.write_json(folder / STUDY_RECORD, record.to_json())
    return record
