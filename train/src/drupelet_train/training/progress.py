"""Reports on a training on stderr: a progress bar in a terminal, else a line per epoch."""

from __future__ import annotations

import sys
from typing import Protocol

from drupelet.cli.escaped_streams import escape_standard_streams, unescaped
from drupelet.control_characters import escaped
from drupelet_train.training.checkpoints import EpochRecord


class Progress(Protocol):
    """Receives reports on a training. ``epoch`` and ``step`` count from 0, losses are in nats, accuracies in 0..1."""

    def start(self, epochs: int, steps: int) -> None:
        """A training of at most ``epochs`` epochs of ``steps`` steps begins or continues."""

    def step(self, epoch: int, step: int, loss: float, accuracy: float, remaining_s: float) -> None:
        """A step is finished; ``loss`` and ``accuracy`` are the means of the epoch so far."""

    def epoch(self, record: EpochRecord) -> None:
        """An epoch is finished and validated."""

    def notice(self, text: str) -> None:
        """Receives a message to the user that is not an error."""

    def close(self) -> None:
        """The training has ended, completed or not."""


def format_epoch(record: EpochRecord, epochs: int) -> str:
    """One line on an epoch."""
    return (
        f"epoch {record.epoch + 1}/{epochs}: loss {record.loss:.4f}, accuracy {record.accuracy:.4f}, validation loss "
        f"{record.validation_loss:.4f}, validation accuracy {record.validation_accuracy:.4f}, {record.seconds:.0f} s"
    )


class LineProgress:
    """A line per epoch on stderr."""

    def __init__(self) -> None:
        self._epochs = 0

    def start(self, epochs: int, steps: int) -> None:
        """Remembers the number of epochs."""
        self._epochs = epochs

    def step(self, epoch: int, step: int, loss: float, accuracy: float, remaining_s: float) -> None:
        """Prints nothing."""

    def epoch(self, record: EpochRecord) -> None:
        """Prints the epoch's line."""
        print(format_epoch(record, self._epochs), file=sys.stderr, flush=True)

    def notice(self, text: str) -> None:
        """Prints the text."""
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Does nothing."""


class BarProgress:
    """A bar with loss, accuracy and remaining time on stderr, and a line above it per finished epoch."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]}  accuracy {task.fields[accuracy]}  {task.fields[remaining]} left"),
            console=Console(file=unescaped(sys.stderr)),
            transient=True,
        )
        self._task = self._bar.add_task(
            "", total=None, epoch="", loss="-", accuracy="-", remaining="-:--", visible=False
        )
        self._epochs = 0
        self._steps = 0

    def start(self, epochs: int, steps: int) -> None:
        """Shows the bar."""
        self._epochs, self._steps = epochs, steps
        self._bar.update(self._task, total=steps, epoch=f"1/{epochs}", visible=True)
        self._bar.start()  # which has stdout and stderr print above the bar
        escape_standard_streams()

    def step(self, epoch: int, step: int, loss: float, accuracy: float, remaining_s: float) -> None:
        """Moves the bar."""
        minutes, seconds = divmod(round(remaining_s), 60)
        self._bar.update(
            self._task,
            completed=step + 1,
            epoch=f"{epoch + 1}/{self._epochs}",
            loss=f"{loss:.4f}",
            accuracy=f"{accuracy:.4f}",
            remaining=f"{minutes}:{seconds:02}",
        )

    def epoch(self, record: EpochRecord) -> None:
        """Prints the epoch's line above the bar."""
        self._bar.console.print(format_epoch(record, self._epochs), highlight=False, soft_wrap=True)

    def notice(self, text: str) -> None:
        """Prints the text above the bar."""
        self._bar.console.print(escaped(text), highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Removes the bar."""
        self._bar.stop()


def stderr_progress() -> Progress:
    """A bar if stderr is a terminal, else a line per epoch."""
    return BarProgress() if sys.stderr.isatty() else LineProgress()
