"""Several teachers in one: a weighted sum of their logits. The weights give the lowest loss out of fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from drupelet_train.teaching.distillation import Teacher
from drupelet_train.teaching.pieces import Pieces


@dataclass(frozen=True)
class StackedTeacher:
    """``weights`` (members,) float64: the weight of each member's logits in the sum."""

    members: tuple[Teacher, ...]
    weights: npt.NDArray[np.float64]

    def logits(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        """(pieces, classes) float32."""
        parts = [weight * member.logits(pieces) for weight, member in zip(self.weights, self.members, strict=True)]
        return np.asarray(np.sum(parts, axis=0), np.float32)


def stack(members: tuple[Teacher, ...], pieces: Pieces, labels: npt.NDArray[np.float32]) -> StackedTeacher:
    """The stack with the lowest loss on ``pieces``, which each member labels out of fold.

    ``labels``: (pieces, classes) float32, one-hot.
    """
    logits = np.stack([member.logits(pieces).astype(np.float64) for member in members])

    def loss(weights: npt.NDArray[np.float64]) -> float:
        return cross_entropy(np.tensordot(weights, logits, 1), labels)

    start = np.full(len(members), 1.0 / len(members))
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(0.0, None)] * len(members))
    return StackedTeacher(members, found.x)


def cross_entropy(logits: npt.NDArray[np.float64], labels: npt.NDArray[np.float32]) -> float:
    """The mean loss in nats of (n, classes) logits against (n, classes) labels, one-hot or soft."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-(labels * logarithms).sum(axis=1).mean())
