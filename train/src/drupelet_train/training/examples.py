"""Examples to train on and to score, and the batches that a model is trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drupelet_train.words.id_matrix import IdMatrix, token_counts
from drupelet_train.words.vocabulary import PADDING_ID, UNKNOWN_ID

SORTED_BATCHES = 50
"""Batches that are filled from one stretch of the shuffled texts, sorted by length. The stretch is long enough that the texts
of a batch have nearly the same length, and short enough that batches differ from epoch to epoch."""


@dataclass(frozen=True)
class Examples:
    """``ids`` (texts, max_tokens) int32, padded at the ``padding`` side, and ``labels`` (texts, classes) float32.

    A row of ``labels`` is a probability distribution: one-hot for the label of a text, any other for a soft label. Where a text
    may have several labels, it is a probability for each. ``weights`` (texts,) float32 say how much a text counts in learning;
    without any, each counts 1.
    """

    ids: IdMatrix
    labels: npt.NDArray[np.float32]
    padding: str
    weights: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.labels):
            raise ValueError(f"{len(self.ids)} rows of ids, {len(self.labels)} rows of labels")
        object.__setattr__(self, "lengths", token_counts(self.ids))

    lengths: npt.NDArray[np.int64] = None  # type: ignore[assignment]  # (texts,): set from ids

    def select(self, rows: npt.NDArray[np.int64]) -> Examples:
        """These rows, in this order."""
        weights = None if self.weights is None else self.weights[rows]
        return Examples(self.ids[rows], self.labels[rows], self.padding, weights)

    def weights_of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """(rows,) float32: the weights of these rows."""
        return np.ones(len(rows), np.float32) if self.weights is None else self.weights[rows]

    def trimmed_ids(self, rows: npt.NDArray[np.int64]) -> IdMatrix:
        """(rows, longest + 1) int32: the rows without the columns that are padding in all of them, except one of these.

        One column of padding is kept because a layer can depend on whether there is any, but not on how much: global max
        pooling takes in the zeros that a masked step puts out.
        """
        full = self.ids.shape[1]
        width = min(int(self.lengths[rows].max(initial=0)) + 1, full)
        return self.ids[rows, full - width :] if self.padding == "pre" else self.ids[rows, :width]


@dataclass(frozen=True)
class Dataset:
    """The training examples of every epoch, and the validation examples that the model is scored on after it.

    ``of_epoch`` maps an epoch, from 0, to its training examples. It returns the same examples whenever it is called for
    the same epoch, and as many for every epoch.
    """

    of_epoch: Callable[[int], Examples]
    validation: Examples

    @classmethod
    def constant(cls, training: Examples, validation: Examples) -> Dataset:
        """The dataset with the same training examples in every epoch."""
        return cls(lambda epoch: training, validation)


def one_hot(label_ids: npt.NDArray[np.int32], classes: int) -> npt.NDArray[np.float32]:
    """(texts, classes) float32 from (texts,) int32."""
    return np.eye(classes, dtype=np.float32)[label_ids]


def epoch_batches(
    lengths: npt.NDArray[np.int64], batch_size: int, seed: int, epoch: int
) -> list[npt.NDArray[np.int64]]:
    """The rows of every batch of an epoch: each row once, texts of similar length together.

    ``lengths``: (texts,) int64, in tokens. The result follows from the arguments alone.
    """
    generator = np.random.default_rng([seed, 1, epoch])
    shuffled = generator.permutation(len(lengths))
    batches = []
    for start in range(0, len(shuffled), batch_size * SORTED_BATCHES):
        stretch = shuffled[start : start + batch_size * SORTED_BATCHES]
        stretch = stretch[np.argsort(lengths[stretch], kind="stable")]
        batches += [stretch[first : first + batch_size] for first in range(0, len(stretch), batch_size)]
    return [batches[position] for position in generator.permutation(len(batches))]


def drop_words(ids: IdMatrix, rate: float, seed: int, epoch: int, step: int) -> IdMatrix:
    """``ids`` with a share ``rate`` of the words replaced by the unknown one. The result follows from the arguments alone."""
    if rate == 0.0:
        return ids
    dropped = np.random.default_rng([seed, 2, epoch, step]).random(ids.shape) < rate
    return np.where(dropped & (ids != PADDING_ID), np.int32(UNKNOWN_ID), ids)
