"""The answer for one text."""

from __future__ import annotations


class Prediction(tuple[str, float, tuple[float, ...], int]):
    """The answer for one text: the tuple (label, probability, probabilities, n_tokens), with names for its parts.

    ``probabilities`` has one entry per label, in label order, as Keras gives them (a single sigmoid unit p: 1 - p and p).
    ``n_tokens`` counts the words that the network read and its vocabulary knows; with 0, the answer says nothing about the
    text. A network that averages over the tokens answers NaN when there are none, like Keras; the label is then the first.
    """

    __slots__ = ()
    __match_args__ = ("label", "probability", "probabilities", "n_tokens")

    @property
    def label(self) -> str:
        """The most probable label."""
        return self[0]

    @property
    def probability(self) -> float:
        """The probability of that label."""
        return self[1]

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The probability of each label."""
        return self[2]

    @property
    def n_tokens(self) -> int:
        """The number of words that the network read and its vocabulary knows."""
        return self[3]

    def __repr__(self) -> str:
        return f"Prediction({', '.join(f'{name}={part!r}' for name, part in zip(self.__match_args__, self))})"
