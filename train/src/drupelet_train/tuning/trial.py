"""A trial of a tuning study: one training with settings of its own, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drupelet_train.tuning.search_space import Settings

COMPLETE, PRUNED, DIVERGED = "complete", "pruned", "diverged"
"""How a trial ends: trained to its end, cut because it was worse than most, cut because its loss was no number."""


@dataclass(frozen=True)
class Trial:
    """A trial that is over; its number is its place among those of its study, from 0.

    ``state`` is one of COMPLETE, PRUNED, DIVERGED. ``losses``: validation losses (nats) by epoch, from 0. The two
    validation scores are those of the model, or of the best epoch of a trial that was pruned; None if it diverged.
    """

    settings: Settings
    state: str
    losses: Mapping[int, float]
    validation_loss: float | None
    validation_accuracy: float | None
    training_seconds: float

    def __post_init__(self) -> None:
        if self.state not in (COMPLETE, PRUNED, DIVERGED) or (self.validation_loss is None) != (self.state == DIVERGED):
            raise ValueError(f"no trial that is over: {self}")


def best_trial(over: Sequence[Trial]) -> int | None:
    """The number of the complete trial with the lowest validation loss, the earliest of equals; None if none is complete."""
    complete = [
        (trial.validation_loss, number)
        for number, trial in enumerate(over)
        if trial.state == COMPLETE and trial.validation_loss is not None
    ]
    return min(complete)[1] if complete else None
