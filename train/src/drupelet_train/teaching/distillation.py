"""The training examples of an epoch: every text, pieces of texts that are new in every epoch, and their soft labels.

A soft label is a weighted mean: ``teacher_share`` of the teacher's probabilities, and the rest of the label of the text. The
label of a mixture is the mean of the labels of its parts, weighted by their tokens. The two texts of a mixture are of one
fold, so that one teacher labels both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from drupelet_train.config import TrainConfig
from drupelet_train.teaching.folds import NO_FOLD, Folds
from drupelet_train.teaching.pieces import Pieces, concatenated, crops, mixtures, piece_ids, whole_texts
from drupelet_train.training.examples import Dataset, Examples
from drupelet_train.training.scores import Score, score
from drupelet_train.words.id_matrix import IdMatrix
from drupelet_train.words.token_texts import Ints, TokenTexts

SHORTEST_CROP = 15
"""Tokens of the shortest crop, about a sentence."""


class Teacher(Protocol):
    """A model that gives the probabilities of the classes for any piece of the texts."""

    def logits(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        """(pieces, classes) float32, before the softmax."""


@dataclass(frozen=True)
class Distillation:
    """The texts, labels, teacher and settings from which the training examples of every epoch follow.

    ``rows``: the indices of the training texts; ``labels`` (texts, classes) float32, one-hot; ``id_of_number`` (words,)
    int32 maps the words of ``texts`` to the student's ids. Without a ``teacher`` only mixtures have soft labels. ``weights``
    (texts,) float32 say how much a text counts; None: all alike.
    """

    texts: TokenTexts
    rows: Ints
    labels: npt.NDArray[np.float32]
    folds: Folds
    id_of_number: IdMatrix
    teacher: Teacher | None
    config: TrainConfig
    weights: npt.NDArray[np.float32] | None = None

    @property
    def varies(self) -> bool:
        """True if the examples differ from epoch to epoch."""
        return self.config.crops + self.config.mixtures > 0

    def examples(self, epoch: int) -> Examples:
        """The training examples of ``epoch``: every text whole, then ``crops`` and ``mixtures`` of each."""
        config = self.config
        generator = np.random.default_rng([config.seed, 3, epoch])
        longest = min(config.training_tokens, config.max_tokens)
        parts = [whole_texts(self.texts, self.rows)]
        for _ in range(config.crops):
            parts.append(crops(self.texts, self.rows, SHORTEST_CROP, longest, generator))
        for _ in range(config.mixtures):
            partners = shuffled_within(self.folds.of_text[self.rows], generator)
            first, second = (
                crops(self.texts, rows, SHORTEST_CROP // 2, longest // 2, generator)
                for rows in (self.rows, self.rows[partners])
            )
            parts.append(mixtures(first, second))
        pieces = concatenated(parts)
        ids = piece_ids(self.texts, pieces, self.id_of_number, longest, config.keep, config.padding)
        return Examples(ids, self._labels(pieces), config.padding, self._weights(pieces))

    def _weights(self, pieces: Pieces) -> npt.NDArray[np.float32] | None:
        """(pieces,) float32: the weight of a mixture is the mean of those of its texts, weighted by their tokens."""
        if self.weights is None:
            return None
        shares = (pieces.stops - pieces.starts) / np.maximum(pieces.lengths, 1)[:, None]
        return np.asarray((self.weights[pieces.texts] * shares).sum(axis=1), np.float32)

    def _labels(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        shares = (pieces.stops - pieces.starts) / np.maximum(pieces.lengths, 1)[:, None]
        labels = np.asarray((self.labels[pieces.texts] * shares[:, :, None]).sum(axis=1), np.float32)
        if self.teacher is None:
            return labels
        share = np.float32(self.config.teacher_share)
        return np.asarray(share * softmax(self.teacher.logits(pieces)) + (1 - share) * labels, np.float32)

    def dataset(self, validation: Examples) -> Dataset:
        """The dataset with these training examples; those of one epoch are in memory at a time."""
        if self.varies:
            return Dataset(lru_cache(maxsize=1)(self.examples), validation)
        return Dataset.constant(self.examples(0), validation)

    def scores(self) -> dict[str, Score]:
        """The teacher's scores: ``out_of_fold`` on the training texts, and ``validation``. Empty without a teacher."""
        if self.teacher is None:
            return {}
        validation = np.flatnonzero((self.folds.of_text == NO_FOLD) & (self.texts.lengths > 0))
        parts = {"out_of_fold": self.rows, "validation": validation}
        return {
            part: score(softmax(self.teacher.logits(whole_texts(self.texts, rows))), self.labels[rows])
            for part, rows in parts.items()
            if len(rows)
        }


def shuffled_within(groups: Ints, generator: np.random.Generator) -> Ints:
    """(n,) int64: a random partner for every member, of the same group, perhaps itself. Each member is a partner once.

    ``groups``: (n,) int64, the group of every member.
    """
    partners = np.empty(len(groups), np.int64)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        partners[members] = generator.permutation(members)
    return partners


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n, classes) float32 probabilities from (n, classes) float32 logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
