"""The answers to a part of a corpus, judged as ``drupelet eval`` judges a bundle's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from drupelet.decision import HOLDS, Decision
from drupelet.evaluation import Evaluation, evaluate
from drupelet.labelled_rows import LabelledRow
from drupelet.output import most_probable
from drupelet.prediction import Prediction
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices

MISTAKES = 20
"""Number of mistakes that a run keeps."""


def evaluate_part(
    corpus: Corpus, rows: Indices, probabilities: npt.NDArray[np.float32], n_tokens: npt.NDArray[np.int64]
) -> Evaluation:
    """The evaluation of answers to the texts at ``rows``. Raises ValueError without any.

    ``probabilities`` (rows, labels) float32, ``n_tokens`` (rows,) int64: the known words of each text. A mistake's line is the
    place of its text in the corpus, from 1.
    """
    answers = _answers(corpus, rows, probabilities, n_tokens)
    found = evaluate(answers, corpus.labels, corpus.several is not None, MISTAKES)
    if found is None:
        raise ValueError("nothing to evaluate")
    return found


def _answers(
    corpus: Corpus, rows: Indices, probabilities: npt.NDArray[np.float32], n_tokens: npt.NDArray[np.int64]
) -> Iterator[tuple[LabelledRow, Prediction]]:
    each = Decision((HOLDS,) * len(corpus.labels), None)
    for index, values, tokens in zip(rows.tolist(), probabilities.tolist(), n_tokens.tolist(), strict=True):
        best = most_probable(values)
        parts = [corpus.labels[best], values[best], tuple(values), tokens]
        if corpus.several is not None:
            parts.append(tuple(corpus.labels[place] for place in each.held(values)))
        yield LabelledRow(index + 1, corpus.texts[index], corpus.label_names(index)), Prediction(parts)
