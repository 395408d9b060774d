"""The functions that a training calls while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from drupelet.errors import DrupeletError
from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.progress import LineProgress, Progress


class TrainingInterruptedError(DrupeletError):
    """The training was stopped; its state is saved."""


def never_stop() -> bool:
    """Never stops a training."""
    return False


def ignore_epochs(history: Sequence[EpochRecord]) -> None:
    """Does nothing with the epochs."""


@dataclass(frozen=True)
class Callbacks:
    """``progress`` reports on the training, by default in a line per epoch on stderr. The other two can end the training.

    ``stop`` is called after every step. When it returns True, the state is saved and the training raises
    TrainingInterruptedError. ``before_epoch`` is called with the records of all finished epochs, before every epoch and
    before the rest of an interrupted one. An exception that it raises ends the training.
    """

    progress: Progress = field(default_factory=LineProgress)
    stop: Callable[[], bool] = never_stop
    before_epoch: Callable[[Sequence[EpochRecord]], None] = ignore_epochs

    def without_epochs(self) -> Callbacks:
        """The same callbacks, except that ``before_epoch`` does nothing."""
        return replace(self, before_epoch=ignore_epochs)
