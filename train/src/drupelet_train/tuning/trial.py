"""A trial of a tuning study: one training with settings of its own, and its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drupelet_train.tuning.search_space import Settings

COMPLETE, PRUNED, DIVERGED = "complete", "pruned", "diverged"
"""States of a finished trial: trained to its end; ended because it was worse than most; ended because its loss was not a
number."""


@dataclass(frozen=True)
class Trial:
    """A finished trial. Its number, from 0, is its place among the trials of its study.

    ``state`` is one of COMPLETE, PRUNED, DIVERGED. ``losses``: validation losses (nats) by epoch, from 0. The two
    validation scores are those of the model, or of the best epoch if the trial was pruned; they are None if it diverged.
    """

    settings: Settings
    state: str
    losses: Mapping[int, float]
    validation_loss: float | None
    validation_accuracy: float | None
    training_seconds: float

    def __post_init__(self) -> None:
        if self.state not in (COMPLETE, PRUNED, DIVERGED) or (self.validation_loss is None) != (self.state == DIVERGED):
            raise ValueError(f"not a finished trial: {self}")


def complete_trials(over: Sequence[Trial]) -> list[tuple[float, int]]:
    """Validation loss and number of every complete trial, the lowest loss first, and the first trial of equals."""
    return sorted(
        (trial.validation_loss, number)
        for number, trial in enumerate(over)
        if trial.state == COMPLETE and trial.validation_loss is not None
    )


def best_trial(over: Sequence[Trial]) -> int | None:
    """The number of the complete trial with the lowest validation loss; the first of equals; None if none is complete."""
    complete = complete_trials(over)
    return complete[0][1] if complete else None
