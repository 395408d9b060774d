from dataclasses import replace

import numpy as np
import pytest

from drupelet_train.config import TrainConfig
from drupelet_train.teaching.distillation import Distillation, shuffled_within, softmax
from drupelet_train.training.examples import one_hot
from train.made_up_texts import made_up_texts, numbered


class Certain:
    """Says that everything is of class 1."""

    def logits(self, pieces):
        return np.tile(np.array([0.0, 50.0], np.float32), (len(pieces), 1))


def lessons(teacher=None, **changes):
    lines, label_ids = made_up_texts(60)
    texts, trains, folds = numbered(lines, label_ids)
    config = TrainConfig(**{"max_tokens": 20, "crops": 2, "mixtures": 1, **changes})
    ids = np.arange(2, 2 + len(texts.words), dtype=np.int32)
    return Distillation(texts, np.flatnonzero(trains), one_hot(label_ids, 2), folds, ids, teacher, config)


def test_an_epoch_has_every_text_and_its_pieces():
    distillation = lessons()
    examples = distillation.examples(0)
    rows = distillation.rows
    assert len(examples.ids) == 4 * len(rows)
    assert examples.lengths[: len(rows)].tolist() == distillation.texts.lengths[rows].tolist()
    assert (examples.lengths <= 20).all()
    np.testing.assert_array_equal(examples.labels[: len(rows)], distillation.labels[rows])
    np.testing.assert_array_equal(examples.labels[len(rows) : 2 * len(rows)], distillation.labels[rows])
    np.testing.assert_allclose(examples.labels.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(("training_tokens", "max_tokens"), [(7, 20), (20, 7)])
def test_training_reads_at_most_its_own_share_of_a_text(training_tokens, max_tokens):
    distillation = lessons(training_tokens=training_tokens, max_tokens=max_tokens)
    examples = distillation.examples(0)
    whole = distillation.texts.lengths[distillation.rows]
    assert whole.max() > 7
    assert examples.lengths[: len(whole)].tolist() == np.minimum(whole, 7).tolist()
    assert examples.lengths.max() == 7


def test_epochs_differ_and_are_the_same_again():
    distillation = lessons()
    one, other, again = (distillation.examples(epoch).ids for epoch in (0, 1, 0))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_soft_label_is_part_label_and_part_teacher(share):
    distillation = lessons(Certain(), teacher_share=share, crops=0, mixtures=0)
    labels = distillation.examples(0).labels
    expected = (1 - share) * distillation.labels[distillation.rows] + share * np.array([0.0, 1.0])
    np.testing.assert_allclose(labels, expected, atol=1e-6)


def test_a_mixture_is_labelled_by_its_parts():
    distillation = lessons(crops=0)
    mixed = distillation.examples(3).labels[len(distillation.rows) :]
    assert ((mixed > 0) & (mixed < 1)).any()


def test_teachers_are_scored_on_texts_that_they_did_not_see():
    scores = lessons(Certain()).scores()
    assert (scores["validation"].n, scores["out_of_fold"].n) == (10, 50)
    assert scores["out_of_fold"].accuracy == 0.5
    assert lessons().scores() == {}


def test_partners_are_of_one_group():
    groups = np.array([0, 1, 0, 2, 1, 0, 1])
    partners = shuffled_within(groups, np.random.default_rng(1))
    assert sorted(partners) == list(range(7))
    assert (groups[partners] == groups).all()


def test_softmax_takes_large_logits():
    np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0], [0.0, -1000.0]], np.float32)), [[0.5, 0.5], [1, 0]])


@pytest.mark.parametrize(("changes", "varies"), [({}, True), ({"crops": 0, "mixtures": 0}, False)])
def test_the_dataset_varies_by_epoch_only_with_pieces(changes, varies):
    distillation = lessons(**changes)
    validation = distillation.examples(0)
    dataset = distillation.dataset(validation)
    assert dataset.validation is validation
    assert dataset.of_epoch(1) is dataset.of_epoch(1)
    np.testing.assert_array_equal(dataset.of_epoch(1).ids, distillation.examples(1).ids)
    assert (dataset.of_epoch(0) is not dataset.of_epoch(1)) == varies


def test_a_piece_has_the_weight_of_its_text():
    distillation = lessons(mixtures=0)
    weights = np.arange(60, dtype=np.float32)
    examples = replace(distillation, weights=weights).examples(0)
    assert examples.weights == pytest.approx(np.tile(weights[distillation.rows], 3))
    assert distillation.examples(0).weights is None
    mixed = replace(lessons(mixtures=1), weights=np.full(60, 2.0, np.float32)).examples(0)
    assert mixed.weights == pytest.approx(2.0)
