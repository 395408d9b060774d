"""Folds of the training texts: the teacher of a fold labels its texts, and was trained without them.

Where the data names groups, each lies in one fold. Otherwise folds are contiguous: neighbouring texts often belong together, so
that the teacher is trained without the neighbours of the fold as well. On the 20,700 training reviews of IMDB, folds of whole
films have an out-of-fold accuracy of 0.9062 and a loss of 0.238, contiguous ones 0.9018 and 0.250: a teacher that saw the film
with the other label is misled.
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


def group_folds(groups: npt.NDArray[np.int64], trains: npt.NDArray[np.bool_], count: int) -> Folds:
    """``count`` folds of whole groups with about as many training texts each; fewer folds where there are fewer groups.

    ``groups`` (texts,) int64: the group of every text; ``trains`` (texts,) bool, True for training texts. The largest group
    comes first, and each goes into the fold that has fewest texts so far.
    """
    names, of_row, sizes = np.unique(groups[trains], return_inverse=True, return_counts=True)
    count = max(1, min(count, len(names)))
    fold_of, texts_in = np.zeros(len(names), np.int64), np.zeros(count, np.int64)
    for name in np.argsort(-sizes, kind="stable"):
        fold_of[name] = texts_in.argmin()
        texts_in[fold_of[name]] += sizes[name]
    of_text = np.full(len(groups), NO_FOLD, np.int64)
    of_text[trains] = fold_of[of_row]
    return Folds(count, of_text, of_text == np.arange(count)[:, None])
