"""Probabilities from logits, and the class that is answered."""

from __future__ import annotations

import math

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


def probabilities(logits: Sequence[float], output: str) -> tuple[float, ...]:
    """The probability of each label for the last value of a network.

    ``sigmoid``: of a single number p, 1 - p and p; of several, each label alone. ``softmax``, also for ``logits``, which Keras
    leaves to the caller. ``probabilities``: the values as they are.
    """
    if len(logits) == 1:
        p = _sigmoid(logits[0])
        return (1.0 - p, p)
    if output == "sigmoid":
        return tuple(_sigmoid(value) for value in logits)
    if output == "probabilities":
        return tuple(logits)
    top = max(logits)
    powers = [math.exp(value - top) for value in logits]
    total = sum(powers)
    return tuple(power / total for power in powers)


def most_probable(values: Sequence[float]) -> int:
    """The index of the largest value: the first of equal ones, and 0 when any value is NaN."""
    if any(math.isnan(value) for value in values):
        return 0
    return max(range(len(values)), key=values.__getitem__)


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    power = math.exp(x)  # the other form would overflow below -709
    return power / (1.0 + power)
