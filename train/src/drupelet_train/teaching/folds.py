"""Contiguous folds of the training texts: the teacher of a fold labels its texts, and was trained without them.

Neighbouring texts often belong together, so that the teacher is trained without the neighbours of the fold as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drupelet_train.corpora.splits import Indices

NO_FOLD = -1

MARGIN = 30
"""Texts of a class on either side of a fold that its teacher is not trained on: IMDB has up to 30 reviews of one film in a
row. Neighbours are counted within a class, because corpora lie class by class."""


@dataclass(frozen=True)
class Folds:
    """``of_text`` (texts,) int64: the fold of every training text, ``NO_FOLD`` for all other texts.

    ``near`` (count, texts) bool: the texts that the teacher of a fold must not be trained on, those of the fold included.
    """

    count: int
    of_text: npt.NDArray[np.int64]
    near: npt.NDArray[np.bool_]

    def outside(self, fold: int) -> Indices:
        """The texts that the teacher of ``fold`` is trained on, ascending."""
        return np.flatnonzero((self.of_text != NO_FOLD) & ~self.near[fold])

    def merged(self, count: int) -> Folds:
        """The same texts in ``count`` folds, each joined from neighbouring folds."""
        group = np.arange(self.count) * count // self.count
        of_text = np.where(self.of_text == NO_FOLD, NO_FOLD, group[self.of_text])
        near = np.stack([self.near[group == fold].any(axis=0) for fold in range(count)])
        return Folds(count, of_text, near)


def contiguous_folds(label_ids: npt.NDArray[np.int32], trains: npt.NDArray[np.bool_], count: int) -> Folds:
    """``count`` folds of the training texts, each a contiguous run of every class.

    ``label_ids`` (texts,) int32, in corpus order; ``trains`` (texts,) bool, True for training texts. The margin is
    ``MARGIN``, but at most half a fold of the class.
    """
    of_text = np.full(len(label_ids), NO_FOLD, np.int64)
    near = np.zeros((count, len(label_ids)), np.bool_)
    for label_id in np.unique(label_ids):
        members = np.flatnonzero((label_ids == label_id) & trains)
        for fold, run in enumerate(np.array_split(np.arange(len(members)), count)):
            margin = min(MARGIN, len(run) // 2)
            of_text[members[run]] = fold
            if len(run):
                near[fold, members[max(run[0] - margin, 0) : run[-1] + 1 + margin]] = True
    return Folds(count, of_text, near)
