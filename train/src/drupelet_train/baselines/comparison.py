"""Compares a network with the baselines, text by text."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet_train.baselines import fasttext_classifier, largest_class, tfidf_regression
from drupelet_train.baselines.questions import BaselineError, Question
from drupelet_train.baselines.record import Baseline, Beside
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices
from drupelet_train.words.token_texts import number_tokens

CLASSIFIERS = {
    largest_class.NAME: largest_class.answer,
    tfidf_regression.NAME: tfidf_regression.answer,
    fasttext_classifier.NAME: fasttext_classifier.answer,
}

Right = npt.NDArray[np.bool_]
"""(texts,) bool: whether each answer is right."""


@dataclass(frozen=True)
class Answered:
    """The answers of a baseline: which are right in each part of the corpus, by its name, and the seconds they took."""

    name: str
    right: Mapping[str, Right]
    seconds: float


def answer_baselines(
    corpus: Corpus,
    training: Indices,
    parts: Mapping[str, Indices],
    rules: TextRules,
    notice: Callable[[str], None],
) -> list[Answered]:
    """Trains every baseline that can be trained here on the ``training`` texts, and has it answer those of ``parts``.

    All split texts by the same ``rules`` as the network, but read them whole. ``notice`` hears of those that fail.
    """
    question = _question(corpus, training, parts, rules)
    found = []
    for name in CLASSIFIERS:
        try:
            answered = _answered(name, question, corpus)
        except BaselineError as error:
            notice(f"{error}; the network is compared with the others")
            continue
        if answered is not None:
            found.append(answered)
    return found


def answer_by(
    name: str, corpus: Corpus, training: Indices, parts: Mapping[str, Indices], rules: TextRules
) -> Answered | None:
    """The same of one baseline; None where it cannot be trained here."""
    return _answered(name, _question(corpus, training, parts, rules), corpus)


def _question(corpus: Corpus, training: Indices, parts: Mapping[str, Indices], rules: TextRules) -> Question:
    rows = np.concatenate([training, *parts.values()])
    texts = number_tokens((corpus.texts[row] for row in rows), splitter(rules))
    weights = None if corpus.weights is None else corpus.weights[training]
    labels = corpus.targets()[training] > 0
    return Question(texts, len(training), parts, labels, corpus.several is not None, weights)


def _answered(name: str, question: Question, corpus: Corpus) -> Answered | None:
    began, targets = time.monotonic(), corpus.targets() > 0
    answers = CLASSIFIERS[name](question)
    if answers is None:
        return None
    right = {
        part: np.asarray((of_part == targets[question.parts[part]]).all(axis=1), np.bool_)
        for part, of_part in question.split(answers).items()
    }
    return Answered(name, right, time.monotonic() - began)


def beside_network(answered: Sequence[Answered], network: Mapping[str, Right]) -> tuple[Baseline, ...]:
    """The baselines beside the right answers of the network, in the parts that it answered."""

    def beside(baseline: Right, right: Right) -> Beside:
        gained, lost = right & ~baseline, baseline & ~right
        return Beside(len(right), int(baseline.sum()), int(gained.sum()), int(lost.sum()))

    return tuple(
        Baseline(each.name, each.seconds, {part: beside(each.right[part], right) for part, right in network.items()})
        for each in answered
    )
