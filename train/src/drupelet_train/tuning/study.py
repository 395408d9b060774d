"""A tuning study on disk: its finished trials, and Optuna's proposals for the next one.

A trial is added in one transaction when it has ended; the study knows nothing of a running one. A proposal follows from the
seed, the number of the trial and the trials before it, so that a study that was killed proposes the same settings again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from drupelet.errors import FormatError, InputError
from drupelet_train.atomic import replacing
from drupelet_train.tuning.search_space import Interval, Settings
from drupelet_train.tuning.trial import COMPLETE, DIVERGED, PRUNED, Trial

NAME = "drupelet"
"""Name of the study in its file."""

TRIALS_BEFORE_PRUNING = 5
"""Number of complete trials before any is pruned. The median of fewer depends on chance."""

SHARE_BEFORE_PRUNING = 1 / 3
"""Share of its epochs that a trial trains before it can be pruned. While the learning rate is high, losses say little about
the last one."""

_CORPUS, _ACCURACY, _SECONDS, _DIVERGED = "corpus_sha256", "validation_accuracy", "training_seconds", "diverged"


@contextmanager
def only_errors_of_optuna() -> Iterator[None]:
    """Hides what Optuna logs on a study except errors, then restores the verbosity that the process had."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


class Study:
    """The study in the file ``path``, which is created if it does not exist.

    Its trials have settings in ``space``, which follow from ``seed``, at most ``epochs`` epochs, and the texts that
    ``corpus_sha256`` identifies. Raises FormatError for a file that is damaged or holds no study, InputError for a study
    of other texts.
    """

    def __init__(self, path: Path, space: Mapping[str, Interval], seed: int, epochs: int, corpus_sha256: str) -> None:
        self._path, self._seed, self.space = path, seed, space
        self._distributions = {setting: _distribution(interval) for setting, interval in space.items()}
        self._pruner = optuna.pruners.MedianPruner(TRIALS_BEFORE_PRUNING, int(epochs * SHARE_BEFORE_PRUNING))
        if not path.exists():
            with replacing(path) as temporary, _writing(path):
                storage = _storage(temporary)
                optuna.create_study(storage=storage, study_name=NAME).set_user_attr(_CORPUS, corpus_sha256)
                storage.engine.dispose()
        with _reading(path):
            self._study = optuna.load_study(storage=_storage(path), study_name=NAME)
            began_with = self._study.user_attrs[_CORPUS]
        if began_with != corpus_sha256:
            raise InputError(
                f"{path}: belongs to a study of other texts; expected those that it began with: put them back, or tune "
                "into another folder with --out"
            )

    def trials(self) -> list[Trial]:
        """The finished trials, by number. Raises FormatError when the file is damaged."""
        with _reading(self._path):
            return [_trial(frozen) for frozen in self._study.trials]

    def propose(self, number: int, known: int) -> Settings:
        """Settings of trial ``number`` that follow from the first ``known`` trials.

        They are random at first, then from a tree-structured Parzen estimator (Bergstra et al. 2011).
        """
        over = self._study.trials[:known]
        seed = int(np.random.default_rng([self._seed, 4, number]).integers(2**31))
        copy = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True))
        copy.add_trials(over)
        proposed = copy.ask(self._distributions).params
        return {setting: self.space[setting].rounded(value) for setting, value in proposed.items()}

    def yardstick(self, known: int) -> Yardstick:
        """What a running trial is measured by: the first ``known`` trials."""
        return Yardstick(self._pruner, tuple(self._study.trials[:known]))

    def book(self, trial: Trial) -> None:
        """Adds a finished trial. Settings outside of the space, as a base configuration may have, count as its ends.

        Raises InputError when the file cannot be written.
        """
        complete = trial.state == COMPLETE
        frozen = create_trial(
            state=TrialState.COMPLETE if complete else TrialState.PRUNED,
            value=trial.validation_loss if complete else None,
            user_attrs={
                _ACCURACY: trial.validation_accuracy,
                _SECONDS: trial.training_seconds,
                _DIVERGED: trial.state == DIVERGED,
            },
            **self._parameters(trial.settings, trial.losses),
        )
        with _writing(self._path):
            self._study.add_trial(frozen)

    def _parameters(self, settings: Settings, losses: Mapping[int, float]) -> dict[str, Any]:
        return {
            "params": {setting: interval.clip(settings[setting]) for setting, interval in self.space.items()},
            "distributions": self._distributions,
            "intermediate_values": dict(losses),
        }


@dataclass(frozen=True)
class Yardstick:
    """Finished trials of a study, by which another process can judge a running one."""

    pruner: optuna.pruners.BasePruner
    over: tuple[FrozenTrial, ...]

    def is_hopeless(self, losses: Mapping[int, float]) -> bool:
        """True if the validation losses by epoch of a running trial are worse than the median of complete trials."""
        study = optuna.create_study()
        study.add_trials(self.over)
        return self.pruner.prune(study, create_trial(state=TrialState.RUNNING, intermediate_values=dict(losses)))


def _distribution(interval: Interval) -> BaseDistribution:
    if isinstance(interval.low, int) and isinstance(interval.high, int):
        return IntDistribution(interval.low, interval.high, log=interval.logarithmic)
    return FloatDistribution(interval.low, interval.high, log=interval.logarithmic)


def _trial(frozen: FrozenTrial) -> Trial:
    if frozen.state not in (TrialState.COMPLETE, TrialState.PRUNED):
        raise ValueError(f"trial {frozen.number} is {frozen.state.name.lower()}, expected a finished one")
    attributes, losses = frozen.user_attrs, frozen.intermediate_values
    if frozen.state == TrialState.COMPLETE:
        state, loss = COMPLETE, frozen.value
    else:
        state, loss = DIVERGED if attributes[_DIVERGED] else PRUNED, min(losses.values(), default=None)
    return Trial(frozen.params, state, losses, loss, attributes[_ACCURACY], attributes[_SECONDS])


def _storage(path: Path) -> optuna.storages.RDBStorage:
    return optuna.storages.RDBStorage(URL.create("sqlite", database=str(path)).render_as_string())


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.OptunaError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise FormatError(
            f"{path}: not a readable study: {_first_line(error)}; expected one that drupelet train --tune began: put back "
            "a whole copy, or delete the file and resume to begin again with the first trial"
        ) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        raise InputError(
            f"{path}: cannot be written: {_first_line(error)}; expected a writable folder with free space: make room, "
            "and continue with --resume"
        ) from error


def _first_line(error: BaseException) -> str:
    """First line of the innermost error: Optuna wraps errors of SQLAlchemy, which wraps those of SQLite."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return next(iter(str(error).splitlines()), type(error).__name__)
