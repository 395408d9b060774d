"""Splits a corpus into training, validation and held-out texts: contiguous blocks, never a random choice.

Neighbours in a corpus often belong together (reviews of one film, messages of one thread). A random split puts such
neighbours into both parts, and the score is then too good: a model had an accuracy of 0.898 on random validation reviews and
of 0.838 on the held-out ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

HELD_OUT_FRACTION = 0.1
"""Held-out share of each class where the data names no test part: enough to score, and most texts are left to train on."""


def last_blocks(label_ids: npt.NDArray[np.int32]) -> Indices:
    """The last ``HELD_OUT_FRACTION`` of every class (at least one text), ascending. ``label_ids``: (texts,) int32."""
    chosen = []
    for label_id in np.unique(label_ids):
        members = np.flatnonzero(label_ids == label_id)
        chosen.append(members[len(members) - _share(len(members), HELD_OUT_FRACTION) :])
    return np.sort(np.concatenate(chosen))


def spread_blocks(label_ids: npt.NDArray[np.int32], training: Indices, fraction: float, blocks: int) -> Indices:
    """``fraction`` of every class in ``training``, as ``blocks`` contiguous runs, ascending.

    A class is divided into ``blocks`` stretches, and a run is taken from the middle of each. ``label_ids``: (texts,) int32;
    ``training``: (n,) indices into it. At least one text of every class is taken, and at least one is left; from a class
    too small for ``blocks`` runs, fewer are taken.
    """
    chosen = []
    for label_id in np.unique(label_ids[training]):
        members = training[label_ids[training] == label_id]
        wanted = min(_share(len(members), fraction), len(members) - 1)
        runs = max(1, min(blocks, wanted))
        for run, stretch in enumerate(np.array_split(members, runs)):
            length = wanted * (run + 1) // runs - wanted * run // runs
            start = (len(stretch) - length) // 2
            chosen.append(stretch[start : start + length])
    return np.sort(np.concatenate(chosen))


def _share(count: int, fraction: float) -> int:
    return max(1, round(count * fraction))
