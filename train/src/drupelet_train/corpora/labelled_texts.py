"""The result of every reader of a corpus: texts, their labels, and a held-out part where the data names one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from drupelet.errors import InputError


@dataclass(frozen=True)
class LabelledTexts:
    """Texts in corpus order and their labels: ``label_names``, or ``label_sets`` where a text may have several.

    ``source`` names the file or folder in messages. ``held_out`` is the half-open range of indices that the data itself
    sets apart for the final score, ``validation`` the one to validate on; None leaves the choice to
    :mod:`drupelet_train.corpora.splits`. ``weights`` (at least 0) say how much a text counts in learning, ``groups`` which
    texts belong together. ``notes`` are lines for people.
    """

    source: str
    texts: tuple[str, ...]
    label_names: tuple[str, ...]
    held_out: range | None = None
    validation: range | None = None
    label_sets: tuple[tuple[str, ...], ...] | None = None
    weights: tuple[float, ...] | None = None
    groups: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in (self.labels, self.weights, self.groups):
            if part is not None and len(self.texts) != len(part):
                raise ValueError(f"{len(self.texts)} texts, {len(part)} labels, weights or groups")
        if not self.texts:
            raise InputError(f"{self.source}: holds no text; expected labelled texts of at least two classes")
        classes = sorted(self.label_counts())
        for label in classes:
            if not label.strip() or len(label.splitlines()) != 1:
                raise InputError(
                    f"{self.source}: the label {label!r:.100} is empty or spans lines; expected one line of text"
                )

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """The labels of every text."""
        return tuple((name,) for name in self.label_names) if self.label_sets is None else self.label_sets

    def label_counts(self) -> Counter[str]:
        """The number of texts that have each label."""
        return Counter(label for labels in self.labels for label in set(labels))

    def check_classes(self) -> None:
        """Raises InputError when there is but one class, or none."""
        classes = sorted(self.label_counts())
        if len(classes) < 2:
            every = f"every text is labelled {classes[0]!r:.100}" if classes else "no text has a label"
            raise InputError(
                f"{self.source}: {every}; expected at least two classes: with one class there is nothing to classify: "
                f"add texts "
                "of others, or name another column with --label-column"
            )


def joined(training: LabelledTexts, validation: LabelledTexts | None, test: LabelledTexts | None) -> LabelledTexts:
    """The texts of several files in one: those to train on first, then those to validate on, then those held out."""
    parts = [part for part in (training, validation, test) if part is not None]
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + len(part.texts))
    ranges = [range(*pair) for pair in pairwise(ends)]

    def concatenated(found: list[Any]) -> Any:
        return None if any(each is None for each in found) else tuple(value for each in found for value in each or ())

    return LabelledTexts(
        training.source,
        tuple(text for part in parts for text in part.texts),
        tuple(name for part in parts for name in part.label_names),
        training.held_out if test is None else ranges[-1],
        None if validation is None else ranges[1],
        concatenated([part.label_sets for part in parts]),
        concatenated([part.weights for part in parts]),
        concatenated([part.groups for part in parts]),
        tuple(note for part in parts for note in part.notes),
    )
