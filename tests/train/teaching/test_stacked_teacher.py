from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from drupelet_train.teaching.pieces import Pieces
from drupelet_train.teaching.stacked_teacher import cross_entropy, stack
from drupelet_train.training.examples import one_hot


@dataclass(frozen=True)
class Scripted:
    answers: npt.NDArray[np.float32]

    def logits(self, pieces):
        return self.answers[pieces.texts[:, 0]]


def scripted(signal, noise, label_ids, seed):
    generator = np.random.default_rng(seed)
    return Scripted(
        (one_hot(label_ids, 2) * signal + generator.normal(0, noise, (len(label_ids), 2))).astype(np.float32)
    )


def test_the_better_teacher_counts_more_and_both_are_better_than_one():
    label_ids = (np.arange(4000) % 2).astype(np.int32)
    labels = one_hot(label_ids, 2)
    rows = np.arange(4000)[:, None]
    pieces = Pieces(rows, rows, rows + 1)
    good, weak = scripted(2.0, 1.0, label_ids, 1), scripted(2.0, 2.0, label_ids, 2)
    both = stack((good, weak), pieces, labels)
    # A normal signal of height s and deviation d is worth s / d^2 a unit.
    assert both.weights == pytest.approx([2.0, 0.5], rel=0.15)
    alone = stack((good,), pieces, labels)
    assert cross_entropy(both.logits(pieces), labels) < cross_entropy(alone.logits(pieces), labels)
    assert both.logits(pieces).dtype == np.float32


def test_a_teacher_that_is_wrong_does_not_count():
    label_ids = (np.arange(400) % 2).astype(np.int32)
    rows = np.arange(400)[:, None]
    members = scripted(2.0, 1.0, label_ids, 1), scripted(-2.0, 1.0, label_ids, 2)
    assert stack(members, Pieces(rows, rows, rows + 1), one_hot(label_ids, 2)).weights[1] == 0.0


def test_cross_entropy_of_a_known_case():
    logits = np.log(np.array([[0.25, 0.75], [0.5, 0.5]])) + 7.0
    labels = np.array([[0, 1], [0.5, 0.5]], np.float32)
    assert cross_entropy(logits, labels) == pytest.approx((-np.log(0.75) + np.log(2)) / 2)
