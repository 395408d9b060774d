"""Which words decided: each is left out in turn, and the answer is given again."""

from __future__ import annotations

import re

from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.classifier import Classifier
    from drupelet.prediction import Prediction

MAX_WORDS = 250
"""Words that are left out in turn, from the first on. Each costs an answer to all others: a text of so many, 0.02 s on a
workstation and seconds on a Pi Zero."""
MAX_READ_CHARACTERS = 1 << 20
"""Characters that are read for all these answers, as many as those of the largest request by default."""

WORD = re.compile(r"\S+")


class Word(Value):
    """A word of a text: its place there, in characters, and what it adds to the probability of the label."""

    word: str
    begin: int
    end: int
    change: float


class Explanation(Value):
    """The words of a text that were tried, in their order, and how many more there are."""

    words: tuple[Word, ...]
    words_left: int


def explain(classifier: Classifier, text: str, prediction: Prediction) -> Explanation:
    """What each word of a text adds to the probability of the label that the classifier gives it.

    A word is what stands between white space. Its ``change`` is the probability of the label with it, less the one without it:
    above 0, it speaks for the label.
    """
    places = [match.span() for match in WORD.finditer(text)]
    tried = min(MAX_WORDS, max(1, MAX_READ_CHARACTERS // max(1, len(text))), len(places))
    ends = [begin for begin, _ in places[1:]] + [len(text)]  # a word goes with the white space behind it
    label = classifier.labels.index(prediction.label)
    without = classifier.stream(text[:begin] + text[end:] for (begin, _), end in zip(places[:tried], ends))
    return Explanation(
        tuple(
            Word(text[begin:end], begin, end, prediction.probabilities[label] - other.probabilities[label])
            for (begin, end), other in zip(places, without)
        ),
        len(places) - tried,
    )
