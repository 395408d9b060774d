"""Texts that stand in a corpus more than once.

A held-out text that was trained on tells how well a network remembers, not how well it answers. A text that stands in a corpus
with two labels cannot be learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices
from drupelet_train.json_value import JsonValue


@dataclass(frozen=True)
class Duplicates:
    """How many texts repeat another, letters' case and white space aside.

    ``training``: training texts that repeat an earlier one; ``contradicting``: those of them with other labels than it.
    ``validation``: validation texts that stand in the training part. ``held_out``: held-out texts that stand in one of these
    parts, which are not scored.
    """

    training: int
    contradicting: int
    validation: int
    held_out: int

    def to_json(self) -> dict[str, int]:
        """The counts as a JSON object."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, value: JsonValue) -> Duplicates:
        """The counts in a JSON object. Raises FormatError."""
        names = ("training", "contradicting", "validation", "held_out")
        fields = value.fields(names)
        return cls(*(fields[name].whole() for name in names))

    def described(self) -> list[str]:
        """Lines for people; none where no text stands twice."""
        lines = []
        if self.training:
            others = f", {self.contradicting:,} of them with other labels" if self.contradicting else ""
            lines.append(f"{self.training:,} training texts repeat an earlier one{others}")
        if self.validation:
            lines.append(f"{self.validation:,} validation texts stand in the training part as well")
        if self.held_out:
            lines.append(
                f"{self.held_out:,} held-out texts stand in the training or the validation part as well: they are not scored"
            )
        return lines


def find_duplicates(corpus: Corpus, parts: Mapping[str, Indices]) -> tuple[Duplicates, Indices]:
    """Counts the texts of ``parts`` (training, validation, held_out) that repeat another; and the held-out ones that do not."""
    first: dict[str, int] = {}
    repeated = contradicting = 0
    for index in parts["training"].tolist():
        earlier = first.setdefault(compared_text(corpus.texts[index]), index)
        if earlier != index:
            repeated += 1
            contradicting += corpus.label_names(earlier) != corpus.label_names(index)
    validation = [compared_text(corpus.texts[index]) for index in parts["validation"].tolist()]
    in_training = sum(text in first for text in validation)
    known = first.keys() | set(validation)
    held_out = parts["held_out"]
    fresh = np.array([compared_text(corpus.texts[index]) not in known for index in held_out.tolist()], np.bool_)
    return Duplicates(repeated, contradicting, in_training, int((~fresh).sum())), held_out[fresh]


def compared_text(text: str) -> str:
    """What two texts that count as one have in common."""
    return " ".join(text.casefold().split())
