"""Figures of an evaluation: by hand for a few texts, and those of scikit-learn for many."""

import math
import random

import pytest

from drupelet.decision import HOLDS
from drupelet.evaluation import evaluate
from drupelet.labelled_rows import LabelledRow
from drupelet.output import most_probable
from drupelet.prediction import Prediction

LABELS = ("a", "b", "c")


def answer(*probabilities, n_tokens=1):
    place = most_probable(probabilities)
    return Prediction((LABELS[place], probabilities[place], probabilities, n_tokens))


def several(*probabilities):
    place = most_probable(probabilities)
    held = tuple(label for label, probability in zip(LABELS, probabilities) if probability >= HOLDS)
    return Prediction((LABELS[place], probabilities[place], probabilities, 1, held))


def row(line, *labels):
    return LabelledRow(line, f"text {line}", labels)


def test_a_few_texts():
    found = evaluate(
        [
            (row(2, "a"), answer(0.8, 0.1, 0.1)),
            (row(3, "a"), answer(0.1, 0.9, 0.0)),
            (row(4, "b"), answer(0.2, 0.6, 0.2, n_tokens=0)),
            (row(5, "b"), answer(0.5, 0.4, 0.1)),
        ],
        LABELS,
        False,
    )
    assert (found.accuracy.n, found.accuracy.correct, found.largest_class) == (4, 2, 0.5)
    assert found.confusion == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert found.confusions == [("a", "b", 1), ("b", "a", 1)]
    assert [(one.texts, one.precision, one.recall, one.f1) for one in found.classes] == [
        (2, 0.5, 0.5, 0.5),
        (2, 0.5, 0.5, 0.5),
        (0, None, None, None),
    ]
    assert [(wrong.line, wrong.labels, wrong.answered, wrong.probability) for wrong in found.mistakes] == [
        (3, ("a",), ("b",), 0.9),
        (5, ("b",), ("a",), 0.5),
    ]
    assert (found.without_words, found.not_numbers) == (1, 0)
    assert sum(found.reliability.counts) == 4


def test_labels_that_are_decided_alone():
    found = evaluate(
        [
            (row(2, "a", "c"), several(0.9, 0.2, 0.6)),
            (row(3), several(0.1, 0.2, 0.3)),
            (row(4, "b"), several(0.8, 0.7, 0.1)),
        ],
        LABELS,
        True,
    )
    assert (found.accuracy.n, found.accuracy.correct) == (3, 2)
    assert (found.confusion, found.confusions) == (None, [])
    assert [(one.texts, one.precision, one.recall) for one in found.classes] == [
        (1, 0.5, 1.0),
        (1, 1.0, 1.0),
        (1, 1.0, 1.0),
    ]
    assert [(wrong.line, wrong.answered, wrong.probability) for wrong in found.mistakes] == [(4, ("a", "b"), 0.7)]
    assert sum(found.reliability.counts) == 9


def test_answers_that_are_no_numbers():
    found = evaluate([(row(2, "b"), answer(math.nan, math.nan, math.nan, n_tokens=0))], LABELS, False)
    assert (found.accuracy.correct, found.not_numbers, found.mistakes) == (0, 1, ())
    assert found.to_json()["reliability"]["expected_calibration_error"] is None


def test_nothing_and_no_mistakes():
    assert evaluate([], LABELS, False) is None
    found = evaluate([(row(2, "a"), answer(0.1, 0.8, 0.1))] * 3, LABELS, False, mistakes=0)
    assert found.mistakes == ()


def test_equal_mistakes_are_told_in_the_order_of_the_file():
    answers = [(row(line, "a"), answer(0.1, 0.8, 0.1)) for line in range(2, 12)]
    assert [wrong.line for wrong in evaluate(answers, LABELS, False, mistakes=3).mistakes] == [2, 3, 4]


@pytest.mark.parametrize("multi_label", [False, True])
def test_figures_are_those_of_scikit_learn(multi_label):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed: pip install scikit-learn")
    draw = random.Random(3)  # noqa: S311
    answers = []
    for line in range(500):
        probabilities = [draw.random() for _ in LABELS]
        if not multi_label:
            probabilities = [value / sum(probabilities) for value in probabilities]
        true = [label for label in LABELS if draw.random() < 0.4] if multi_label else [draw.choice(LABELS)]
        answers.append((row(line, *true), (several if multi_label else answer)(*probabilities)))
    found = evaluate(answers, LABELS, multi_label)
    true = [[int(label in row.labels) for label in LABELS] for row, _ in answers]
    given = [[int(label in prediction.labels) for label in LABELS] for _, prediction in answers]
    precision, recall, f1, texts = metrics.precision_recall_fscore_support(true, given, zero_division=0)
    assert [one.precision for one in found.classes] == pytest.approx(list(precision))
    assert [one.recall for one in found.classes] == pytest.approx(list(recall))
    assert [one.f1 for one in found.classes] == pytest.approx(list(f1))
    assert [one.texts for one in found.classes] == list(texts)
    assert found.macro_f1 == pytest.approx(metrics.f1_score(true, given, average="macro"))
    assert found.accuracy.share == pytest.approx(metrics.accuracy_score(true, given))
    if not multi_label:
        numbers = [[one.index(1) for one in rows] for rows in (true, given)]
        assert found.confusion == metrics.confusion_matrix(*numbers).tolist()


def rejected(*probabilities, parts=()):
    return Prediction((None, max(probabilities), probabilities, 1, *parts))


def test_rejected_texts_are_neither_right_nor_mistakes():
    found = evaluate(
        [
            (row(2, "a"), answer(0.8, 0.1, 0.1)),
            (row(3, "b"), answer(0.8, 0.1, 0.1)),
            (row(4, "b"), rejected(0.4, 0.3, 0.3)),
            (row(5, "a"), rejected(0.4, 0.3, 0.3)),
        ],
        LABELS,
        False,
    )
    assert (found.accuracy.correct, found.accuracy.n, found.rejected) == (1, 4, 2)
    assert (found.accepted.correct, found.accepted.n) == (1, 2)
    assert found.confusion == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert [mistake.line for mistake in found.mistakes] == [3]
    assert [(one.texts, one.recall) for one in found.classes] == [(2, 0.5), (2, 0.0), (0, None)]
    document = found.to_json()
    assert (document["rejected"], document["accepted_accuracy"]) == (2, 0.5)
    assert sum(found.reliability.counts) == 2


@pytest.mark.parametrize("parts", [(), ((),)])
def test_where_each_text_is_rejected_nothing_was_accepted(parts):
    found = evaluate([(row(2, "a"), rejected(0.4, 0.3, 0.3, parts=parts))], LABELS, bool(parts))
    assert (found.accepted, found.accuracy.correct, found.mistakes) == (None, 0, ())
    assert (found.to_json()["accepted_accuracy"], found.is_multi_label) == (None, bool(parts))
