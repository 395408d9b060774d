"""The progress of a task as lines, which are told where people read them."""

from __future__ import annotations

from collections.abc import Callable

from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.progress import format_epoch


class ToldProgress:
    """Gives every line to ``tell``, and no steps: several bars cannot be read at a time."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._epochs = 0

    def start(self, epochs: int, steps: int) -> None:
        """Remembers the number of epochs."""
        self._epochs = epochs

    def step(self, epoch: int, step: int, loss: float, accuracy: float, remaining_s: float) -> None:
        """Tells nothing."""

    def epoch(self, record: EpochRecord) -> None:
        """Tells the epoch's line."""
        self._tell(format_epoch(record, self._epochs))

    def notice(self, text: str) -> None:
        """Tells the text."""
        self._tell(text)

    def close(self) -> None:
        """Does nothing."""
