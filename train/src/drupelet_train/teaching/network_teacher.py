"""A teacher made of networks: an LSTM classifier per fold, trained without the texts of the fold, labels them.

The networks are trained as a student is, on crops and with an n-gram teacher. They are larger than most students, and their
errors differ from those of n-grams. No label of a fold reaches its network: its n-gram teacher was fitted without the fold,
and its epoch is always the last one, so that the fold's scores choose nothing. The training is kept in the user's cache
folder. A killed run continues with it, and runs that differ in the student alone share it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.errors import FormatError, InputError
from drupelet.folder_lock import locked, locked_after_others
from drupelet_train.config import TrainConfig
from drupelet_train.network.embedding import embedding_rows
from drupelet_train.network.model import build_model
from drupelet_train.run_folder import versions
from drupelet_train.teaching.distillation import Distillation
from drupelet_train.teaching.folds import NO_FOLD, Folds
from drupelet_train.teaching.pieces import Pieces, piece_ids, whole_texts
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.checkpoints import Arrays, Checkpoints, TrainingState, assign
from drupelet_train.training.examples import Examples
from drupelet_train.training.loop import (
    Training,
    fit,
    is_finished,
    predict,
    steps_per_epoch,
    trace_training,
)
from drupelet_train.training.scores import MIN_PROBABILITY
from drupelet_train.training.tasks import InThisProcess, Task, Workers
from drupelet_train.words.id_matrix import IdMatrix, newest_first
from drupelet_train.words.token_texts import TokenTexts
from drupelet_train.words.vocabulary import Vocabulary

NETWORK_FOLDS = 3
"""Number of networks, each trained on two thirds of the texts. Each more would cost two minutes of a CPU core."""

KEPT_TEACHERS = 2
"""Number of teachers that the cache keeps, some 25 MB each."""

GENERATION = 3
"""Version of the training of these networks. Cached networks of another version are not used."""


@dataclass(frozen=True)
class NetworkTeacher:
    """``networks``: the values of the model's variables, by fold of ``folds``. ``id_of_number`` is as in Distillation."""

    texts: TokenTexts
    folds: Folds
    id_of_number: IdMatrix
    classes: int
    training: Training
    networks: tuple[Arrays, ...]

    def logits(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        """(pieces, classes) float32 log probabilities: those of the fold's network, or the mean of all networks for no fold."""
        answers = np.zeros((len(pieces), self.classes), np.float32)
        fold_of_piece = self.folds.of_text[pieces.texts[:, 0]]
        for fold, network in enumerate(self.networks):
            assign(self.training.model.variables, network)
            for of_fold, share in ((fold, 1.0), (NO_FOLD, 1.0 / len(self.networks))):
                rows = np.flatnonzero(fold_of_piece == of_fold)
                if len(rows):
                    answers[rows] += np.float32(share) * self._answers(pieces.select(rows))
        return answers

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles what the model is made from; a process that reads it builds its own."""
        return _teacher_of, (
            self.texts,
            self.folds,
            self.id_of_number,
            self.classes,
            self.training.config,
            self.networks,
        )

    def _answers(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        config = self.training.config
        ids = piece_ids(self.texts, pieces, self.id_of_number, config.max_tokens, config.keep, config.padding)
        examples = Examples(ids, np.zeros((len(pieces), self.classes), np.float32), config.padding)
        return np.log(np.maximum(predict(self.training, examples), MIN_PROBABILITY))


def network_config(student: TrainConfig) -> TrainConfig:
    """The configuration of a teacher's network. Its settings for reading and splitting texts are the student's."""
    return TrainConfig(
        tokenizer=student.tokenizer,
        max_tokens=student.max_tokens,
        training_tokens=student.training_tokens,
        keep=student.keep,
        padding=student.padding,
        embedding=student.embedding,
        vocabulary_size=10_000,
        units=24,
        bidirectional=True,
        pooling="max",
        teacher="ngram",
        crops=2,
        dropout=0.0,
        word_dropout=0.0,
        head_dropout=0.0,
        batch_size=128,
        epochs=4,
        patience=4,
        validation_fraction=student.validation_fraction,
        validation_blocks=student.validation_blocks,
        seed=1,
    )


def train_networks(
    distillation: Distillation,
    lesson_without: Callable[[Folds, int], Distillation],
    vocabulary: Vocabulary,
    identity: str,
    cache: Path,
    callbacks: Callbacks,
    workers: Workers | None = None,
) -> NetworkTeacher:
    """Trains one network for each of the ``NETWORK_FOLDS`` folds of the texts, or finds them in ``cache``.

    ``workers`` train them, or this process.

    ``distillation.config`` and ``vocabulary`` are those of the networks. ``lesson_without`` gives the training examples of
    the network that must not see a fold. ``identity`` identifies the corpus. Raises TrainingInterruptedError if
    ``callbacks.stop`` returns True; ``callbacks.before_epoch`` is not called.
    """
    config = distillation.config
    classes = distillation.labels.shape[1]
    folds = distillation.folds.merged(NETWORK_FOLDS)
    decisive = [GENERATION, versions(), identity, config.to_json(), vocabulary.tokens]
    if workers is not None:
        decisive.append("one thread")  # which gives other bits than several
    key = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
    folder = cache / f"teacher-{key[:32]}"
    rows, _ = embedding_rows(vocabulary, config)
    function = f"{train_fold.__module__}:{train_fold.__name__}"
    tasks = [Task(f"teacher {fold + 1}", function, folder / f"fold-{fold}", (fold,)) for fold in range(folds.count)]
    with _alone_in(folder, callbacks):
        shared = FoldNetworks(distillation, folds, lesson_without, rows, key)
        networks = (workers or InThisProcess()).run(tasks, shared, callbacks.without_epochs())
        with suppress(OSError):  # a cache that can be read alone
            folder.touch()
        _drop_oldest(cache)
    return _teacher_of(distillation.texts, folds, distillation.id_of_number, classes, config, tuple(networks))


def _teacher_of(
    texts: TokenTexts, folds: Folds, ids: IdMatrix, classes: int, config: TrainConfig, networks: tuple[Arrays, ...]
) -> NetworkTeacher:
    """The teacher with a model for its networks. The first of the variables of each are its embedding rows."""
    training = trace_training(build_model(config, networks[0][0], classes), config, steps=1)
    return NetworkTeacher(texts, folds, ids, classes, training, networks)


@dataclass(frozen=True)
class FoldNetworks:
    """What the trainings of the networks share. ``rows`` are those of every embedding; ``key`` identifies the teacher."""

    distillation: Distillation
    folds: Folds
    lesson_without: Callable[[Folds, int], Distillation]
    rows: npt.NDArray[np.float32]
    key: str


def train_fold(folder: Path, shared: FoldNetworks, fold: int, callbacks: Callbacks) -> Arrays:
    """Trains the network of a fold with its state in ``folder``, or finds it there. Returns the values of its variables."""
    distillation, folds, config = shared.distillation, shared.folds, shared.distillation.config
    callbacks.progress.notice(f"teacher: network {fold + 1} of {folds.count}")
    checkpoints = Checkpoints(folder, shared.key)
    state = _kept(checkpoints, callbacks)
    if state is None or not is_finished(state, config):
        unseen = np.intersect1d(np.flatnonzero(folds.of_text == fold), distillation.rows)
        dataset = shared.lesson_without(folds, fold).dataset(_whole(distillation, unseen))
        model = build_model(config, shared.rows, distillation.labels.shape[1])
        training = trace_training(model, config, steps_per_epoch(dataset.of_epoch(0), config))
        state = fit(training, dataset, checkpoints, callbacks)
    return state.variables


@contextmanager
def _alone_in(folder: Path, callbacks: Callbacks) -> Iterator[None]:
    """Keeps other trainings away from the teacher in ``folder``; waits for one that trains it now, and uses its networks."""
    told: list[bool] = []

    def waiting() -> None:
        if callbacks.stop():
            raise TrainingInterruptedError("interrupted while another training made the teacher")
        if not told:
            callbacks.progress.notice(
                f"teacher: another drupelet train is training it in {folder}; this one waits for it"
            )
            told.append(True)

    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked_after_others(folder, waiting))
        except OSError as error:
            raise InputError(
                f"{folder}: the networks of the teacher cannot be kept ({error.strerror}); expected a folder that can be "
                "written: name one with XDG_CACHE_HOME"
            ) from error
        yield


def _kept(checkpoints: Checkpoints, callbacks: Callbacks) -> TrainingState | None:
    """The state in the cache; None for none, and for a damaged one, which is deleted."""
    try:
        return checkpoints.read()
    except FormatError:
        callbacks.progress.notice(f"{checkpoints.folder}: the network in the cache is damaged; it is trained again")
        shutil.rmtree(checkpoints.folder)
        return None


def _whole(distillation: Distillation, rows: npt.NDArray[np.int64]) -> Examples:
    config = distillation.config
    pieces = whole_texts(distillation.texts, rows)
    ids = piece_ids(
        distillation.texts, pieces, distillation.id_of_number, config.max_tokens, config.keep, config.padding
    )
    return Examples(ids, distillation.labels[rows], config.padding)


def _drop_oldest(cache: Path) -> None:
    """Deletes all teachers in ``cache`` except the ``KEPT_TEACHERS`` that were used last, and those in use."""
    for path in newest_first(cache.glob("teacher-*"))[KEPT_TEACHERS:]:
        with suppress(OSError), locked(path) as held:
            if held:
                shutil.rmtree(path, ignore_errors=True)
