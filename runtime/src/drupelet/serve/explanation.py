"""How much of a text a server explains: no client may ask for minutes of a Pi."""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.classifier import Classifier
    from drupelet.explanation import Explanation

MAX_WORDS = 250
"""Words that are left out in turn, from the first on."""
MAX_TOKENS = 200_000
"""Tokens that are read for all these answers: a fiftieth of a second of a workstation, some seconds of a Pi Zero."""


def explained(classifier: Classifier, text: str) -> Explanation:
    """What the words of a text did to the probability of its label; of a long text, the first words. Raises as
    :meth:`drupelet.Classifier.explain`.
    """
    tokens = len(classifier.encode(text))
    return classifier.explain(text, most_words=min(MAX_WORDS, max(1, MAX_TOKENS // max(1, tokens))))
