"""What an epoch learns from: every text, new pieces of texts in every epoch, and what a teacher says of each.

A soft label is ``teacher_share`` of the teacher's probabilities and, for the rest, the label of the text (of a mixture:
the labels of its parts, by their tokens). Mixtures are of two texts of one fold, so that one teacher labels both.
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
"""Tokens of the shortest crop: a sentence."""


class Teacher(Protocol):
    """Whatever says how likely each class is for any piece of the texts."""

    def logits(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        """(pieces, classes) float32, before the softmax."""


@dataclass(frozen=True)
class Distillation:
    """Everything that decides what an epoch learns from.

    ``rows``: the texts that train; ``labels`` (texts, classes) float32, one-hot; ``id_of_number`` (words,) int32 maps
    the words of ``texts`` to the student's ids. Without a ``teacher`` there are no soft labels but those of
    mixtures.
    """

    texts: TokenTexts
    rows: Ints
    labels: npt.NDArray[np.float32]
    folds: Folds
    id_of_number: IdMatrix
    teacher: Teacher | None
    config: TrainConfig

    @property
    def varies(self) -> bool:
        """Whether epochs differ."""
        return self.config.crops + self.config.mixtures > 0

    def examples(self, epoch: int) -> Examples:
        """What ``epoch`` learns from: every text whole, then crops and mixtures as often as the configuration says."""
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
        return Examples(ids, self._labels(pieces), config.padding)

    def _labels(self, pieces: Pieces) -> npt.NDArray[np.float32]:
        shares = (pieces.stops - pieces.starts) / np.maximum(pieces.lengths, 1)[:, None]
        labels = np.asarray((self.labels[pieces.texts] * shares[:, :, None]).sum(axis=1), np.float32)
        if self.teacher is None:
            return labels
        share = np.float32(self.config.teacher_share)
        return np.asarray(share * softmax(self.teacher.logits(pieces)) + (1 - share) * labels, np.float32)

    def dataset(self, validation: Examples) -> Dataset:
        """The examples of every epoch, those of one at a time in memory, with ``validation`` to score them on."""
        if self.varies:
            return Dataset(lru_cache(maxsize=1)(self.examples), validation)
        return Dataset.constant(self.examples(0), validation)

    def scores(self) -> dict[str, Score]:
        """The teacher's scores: out_of_fold on the texts that train, and validation; empty without a teacher."""
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
    """(n,) int64: for every member one of its group, perhaps itself, each exactly once. ``groups``: (n,) int64."""
    partners = np.empty(len(groups), np.int64)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        partners[members] = generator.permutation(members)
    return partners


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n, classes) float32 probabilities of (n, classes) float32 logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
