"""The answer for one text."""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any


class Prediction(tuple["Any", ...]):
    """The answer for one text: the tuple (label, probability, probabilities, n_tokens), with names for its parts.

    ``probabilities`` has one entry per label, in label order, as Keras gives them (a single sigmoid unit p: 1 - p and p).
    ``n_tokens`` counts the words that the network read and its vocabulary knows; with 0, the answer says nothing about the
    text. A network that averages over the tokens answers NaN when there are none, like Keras; the label is then the first.
    A multi-label network decides each label alone: its answers have a fifth part, ``labels``. A rejected text has no label:
    ``label`` is None, and ``probability`` that of the label that it would have.
    """

    __slots__ = ()
    __match_args__ = ("label", "probability", "probabilities", "n_tokens", "labels")

    @property
    def label(self) -> str | None:
        """The most probable label; None of a rejected text."""
        found: str | None = self[0]
        return found

    @property
    def probability(self) -> float:
        """The largest probability."""
        found: float = self[1]
        return found

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The probability of each label."""
        found: tuple[float, ...] = self[2]
        return found

    @property
    def n_tokens(self) -> int:
        """The number of words that the network read and its vocabulary knows."""
        found: int = self[3]
        return found

    @property
    def rejected(self) -> bool:
        """Whether no label is answered: each is less probable than the threshold of the model, or it knows no word."""
        return self[0] is None

    @property
    def is_multi_label(self) -> bool:
        """Whether the network decides each label alone."""
        return len(self) > 4

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that hold: of a multi-label network all from their threshold on, else the most probable one. A rejected
        text has none."""
        if self.rejected:
            return ()
        found: tuple[str, ...] = self[4] if self.is_multi_label else (self[0],)
        return found

    def __repr__(self) -> str:
        return f"Prediction({', '.join(f'{name}={part!r}' for name, part in zip(self.__match_args__, self))})"
