"""From the last value of a network to the answer for a text."""

from __future__ import annotations

from drupelet.output import holding, most_probable, probabilities
from drupelet.prediction import Prediction

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

    from drupelet.graph import Graph


class Answering:
    """Makes answers of logits, for one network and its labels."""

    def __init__(self, network: Graph, labels: tuple[str, ...]) -> None:
        self._output = network.output
        self._is_multi_label = network.is_multi_label
        self._labels = labels

    def prediction(self, logits: Sequence[float], n_tokens: int) -> Prediction:
        """The answer for a text of so many known tokens."""
        values = probabilities(logits, self._output)
        best = most_probable(values)
        answer = (self._labels[best], values[best], values, n_tokens)
        if self._is_multi_label:
            return Prediction((*answer, tuple(self._labels[place] for place in holding(values))))
        return Prediction(answer)
