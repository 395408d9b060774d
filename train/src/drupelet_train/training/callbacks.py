"""Functions that a training calls while it runs: who is told of it, and who may end it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.progress import Progress


def never_stop() -> bool:
    """Lets a training go on to its end."""
    return False


def ignore_epochs(history: Sequence[EpochRecord]) -> None:
    """Lets a training go on, however good its epochs are."""


@dataclass(frozen=True)
class Callbacks:
    """``progress`` is told how the training goes, ``stop`` and ``before_epoch`` may end it.

    ``stop`` is asked after every step. When it returns True, the state is saved and the training raises
    TrainingInterruptedError. ``before_epoch`` gets the records of all epochs so far, before every epoch and before the
    rest of one that was interrupted; an exception that it raises ends the training.
    """

    progress: Progress
    stop: Callable[[], bool] = never_stop
    before_epoch: Callable[[Sequence[EpochRecord]], None] = ignore_epochs

    def without_epochs(self) -> Callbacks:
        """The same ``progress`` and ``stop``, and nothing that is told the epochs."""
        return replace(self, before_epoch=ignore_epochs)
