"""Splits a corpus into training, validation and held-out texts: contiguous blocks, never a random choice.

Neighbours in a corpus often belong together (reviews of one film, messages of one thread). A random split puts such
neighbours into both parts, and the score is then too good: a model had an accuracy of 0.898 on random validation reviews and
of 0.838 on the held-out ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from drupelet.errors import InputError

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


def whole_groups(
    label_ids: npt.NDArray[np.int32], groups: npt.NDArray[np.int64], rows: Indices, fraction: float
) -> Indices:
    """Whole groups with about ``fraction`` of every class in ``rows``, ascending.

    ``label_ids`` (texts,) int32 and ``groups`` (texts,) int64 are those of all texts. Groups are tried in an order that has
    nothing to do with theirs in the file (by a hash of their number): one is taken where it brings the classes nearer to what
    is wanted. A class that got none then gets its smallest group, where it has another.
    """
    classes, members = np.unique(label_ids[rows], return_inverse=True)
    names, of_row = np.unique(groups[rows], return_inverse=True)
    counts = np.zeros((len(names), len(classes)), np.int64)
    np.add.at(counts, (of_row, members), 1)
    wanted = np.maximum(1, np.round(counts.sum(axis=0) * fraction))
    taken = np.zeros(len(names), np.bool_)
    have = np.zeros(len(classes))
    for group in sorted(range(len(names)), key=lambda number: hashlib.sha256(f"{number}".encode()).digest()):
        before, after = (np.abs(now - wanted) / wanted for now in (have, have + counts[group]))
        if after.sum() < before.sum() and _leaves(counts, taken, group):
            taken[group] = True
            have += counts[group]
    for class_number in np.flatnonzero(have == 0):
        candidates = [g for g in np.flatnonzero(counts[:, class_number]).tolist() if _leaves(counts, taken, g)]
        if candidates:
            group = min(candidates, key=lambda number: int(counts[number].sum()))
            taken[group] = True
            have += counts[group]
    return np.asarray(rows[taken[of_row]], np.int64)


def _leaves(counts: npt.NDArray[np.int64], taken: npt.NDArray[np.bool_], group: int) -> bool:
    """True if every class still has two groups, or all its groups but one, when ``group`` is taken too."""
    left = ~taken
    left[group] = False
    of_class = counts > 0
    return bool((of_class[left].sum(axis=0) >= np.minimum(2, of_class.sum(axis=0) - 1)).all())


def check_groups(
    source: str,
    label_ids: npt.NDArray[np.int32],
    groups: npt.NDArray[np.int64],
    rows: Indices,
    labels: Sequence[str],
    parts: int,
) -> None:
    """Raises InputError, naming ``source``, when a class stands in fewer groups of ``rows`` than there are ``parts``."""
    for label_id in np.unique(label_ids[rows]):
        count = len(np.unique(groups[rows[label_ids[rows] == label_id]]))
        if count < parts:
            of_group = "one group" if count == 1 else f"{count} groups"
            raise InputError(
                f"{source}: all texts of the class {labels[label_id]!r:.100} belong to {of_group}, expected at least {parts}: "
                "groups are not split, so training, validation and held-out texts need one each; add texts of other "
                "groups, name "
                "the parts with --validation and --test, or leave out --group-column"
            )


def _share(count: int, fraction: float) -> int:
    return max(1, round(count * fraction))
