"""From the last value of a network to the answer for a text."""

from __future__ import annotations

from drupelet.decision import decision_for
from drupelet.output import most_probable, probabilities
from drupelet.prediction import Prediction

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

    from drupelet.decision import Decision
    from drupelet.graph import Graph


class Answering:
    """Makes answers of logits, for one network, its labels, and its decision where one is stored."""

    def __init__(self, network: Graph, labels: tuple[str, ...], stored: Decision | None = None) -> None:
        self._output = network.output
        self._is_multi_label = network.is_multi_label
        self._labels = labels
        self._decision = decision_for(network, stored)

    def prediction(self, logits: Sequence[float], n_tokens: int) -> Prediction:
        """The answer for a text of so many known tokens."""
        values = probabilities(logits, self._output)
        best = most_probable(values)
        decision = self._decision
        rejected = decision.rejects(values) or (decision.reject_below is not None and n_tokens == 0)
        answer = (None if rejected else self._labels[best], values[best], values, n_tokens)
        if self._is_multi_label:
            held = () if rejected else decision.answered(values)
            return Prediction((*answer, tuple(self._labels[place] for place in held)))
        return Prediction(answer)
