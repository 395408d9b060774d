"""The question that baselines answer: the texts of a corpus as words, the labels of those to learn from, and which
to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drupelet.errors import DrupeletError
from drupelet_train.corpora.splits import Indices
from drupelet_train.words.token_texts import TokenTexts

Decisions = npt.NDArray[np.bool_]
"""(texts, labels) bool: the labels that a classifier answers."""


class BaselineError(DrupeletError):
    """A baseline cannot be trained on these texts: the network is compared with the others."""


@dataclass(frozen=True)
class Question:
    """``texts`` are those of the ``training`` rows, followed by those of each of the ``parts``, by its name.

    ``labels`` (training, labels) bool. With ``each``, a text may have several labels or none. ``weights`` (training,) float32
    say how much a text counts in learning; None: all alike.
    """

    texts: TokenTexts
    training: int
    parts: Mapping[str, Indices]
    labels: Decisions
    each: bool
    weights: npt.NDArray[np.float32] | None = None

    def split(self, answers: Decisions) -> dict[str, Decisions]:
        """The answers of the parts, from those to all texts behind the training texts."""
        ends = np.cumsum([len(rows) for rows in self.parts.values()])[:-1]
        return dict(zip(self.parts, np.split(answers, ends), strict=True))


def one_label(scores: npt.NDArray[np.floating]) -> Decisions:
    """The label with the largest score of (texts, labels), the first of equal ones."""
    found = np.zeros(scores.shape, np.bool_)
    found[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return found
