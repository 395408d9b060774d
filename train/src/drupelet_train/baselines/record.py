"""What the record of a run holds of a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drupelet.comparison import Accuracy, AccuracyChange
from drupelet_train.json_value import JsonValue


@dataclass(frozen=True)
class Beside:
    """A baseline beside the network on ``n`` texts.

    ``correct``: its right answers. The network was right where it was wrong in ``gained`` texts, and wrong where it was right
    in ``lost``.
    """

    n: int
    correct: int
    gained: int
    lost: int

    @property
    def accuracy(self) -> Accuracy:
        """The accuracy of the baseline."""
        return Accuracy(self.n, self.correct)

    @property
    def difference(self) -> AccuracyChange:
        """The accuracy of the network minus that of the baseline."""
        return AccuracyChange(self.n, self.gained, self.lost)

    def to_json(self) -> dict[str, Any]:
        """The counts, and what follows from them."""
        return {
            **vars(self),
            "accuracy": self.accuracy.share,
            "interval_95": list(self.accuracy.interval()),
            "difference": self.difference.share,
            "difference_interval_95": list(self.difference.interval()),
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Beside:
        """The counts in a JSON object. Raises FormatError."""
        counts = ("n", "correct", "gained", "lost")
        fields = value.fields((*counts, "accuracy", "interval_95", "difference", "difference_interval_95"))
        return cls(*(fields[name].whole() for name in counts))


@dataclass(frozen=True)
class Baseline:
    """A baseline beside the network, by part of the corpus, and the seconds that it took to train and to answer."""

    name: str
    seconds: float
    parts: Mapping[str, Beside]

    def to_json(self) -> dict[str, Any]:
        """The baseline as a JSON object."""
        parts = {part: beside.to_json() for part, beside in self.parts.items()}
        return {"name": self.name, "seconds": self.seconds, "parts": parts}

    @classmethod
    def from_json(cls, value: JsonValue) -> Baseline:
        """The baseline in a JSON object. Raises FormatError."""
        fields = value.fields(("name", "seconds", "parts"))
        parts = {part: Beside.from_json(beside) for part, beside in fields["parts"].entries().items()}
        return cls(fields["name"].text(), fields["seconds"].number(), parts)
