import numpy as np
import pytest
import scipy.sparse

from drupelet_train.teaching import ngram_teacher
from drupelet_train.teaching.folds import NO_FOLD, contiguous_folds
from drupelet_train.teaching.ngram_teacher import fit_ngram_teacher, fit_weighted_regression
from drupelet_train.teaching.pieces import Pieces, concatenated, crops, mixtures, whole_texts
from train.made_up_texts import made_up_texts, numbered


def taught(classes=2, **changes):
    lines, label_ids = made_up_texts(classes=classes, **changes)
    texts, trains, folds = numbered(lines, label_ids)
    return texts, label_ids, trains, folds, fit_ngram_teacher(texts, label_ids, folds, classes)


@pytest.mark.parametrize("classes", [2, 3])
def test_texts_it_has_not_seen_are_labelled_well(classes):
    texts, label_ids, trains, _, teacher = taught(classes)
    logits = teacher.logits(whole_texts(texts, np.arange(len(texts))))
    assert logits.shape == (240, classes)
    assert logits.dtype == np.float32
    right = logits.argmax(axis=1) == label_ids
    assert right[trains].mean() > 0.95
    assert right[~trains].mean() > 0.95


def test_the_labels_of_a_fold_do_not_reach_its_teacher():
    lines, label_ids = made_up_texts()
    texts, _, folds = numbered(lines, label_ids)
    before = fit_ngram_teacher(texts, label_ids, folds, 2)
    members = folds.of_text == 1
    turned = np.where(folds.near[1] | (folds.of_text == NO_FOLD), 1 - label_ids, label_ids).astype(np.int32)
    after = fit_ngram_teacher(texts, turned, folds, 2)
    pieces = whole_texts(texts, np.flatnonzero(members))
    np.testing.assert_array_equal(before.logits(pieces), after.logits(pieces))
    others = whole_texts(texts, np.flatnonzero(~members))
    assert not np.array_equal(before.logits(others), after.logits(others))


@pytest.mark.parametrize("features", [0, 3])
def test_where_nothing_can_be_told_apart_the_frequency_of_a_class_is_the_answer(features):
    presence = scipy.sparse.csr_matrix(np.ones((5, features), np.float32))
    none_of_class = np.zeros(5, np.bool_)
    weights, intercept = fit_weighted_regression(presence, none_of_class)
    assert weights.tolist() == [0.0] * features
    assert intercept == pytest.approx(np.log(1 / 6))


def test_a_class_of_one_text_and_texts_without_a_common_word_are_taught():
    label_ids = np.array([0] * 30 + [1] * 30 + [2], np.int32)
    for lines in (["good film"] * 61, [f"word{line}" for line in range(61)]):
        texts, _, _ = numbered(lines, label_ids)
        folds = contiguous_folds(label_ids, np.ones(61, np.bool_), 10)
        logits = fit_ngram_teacher(texts, label_ids, folds, 3).logits(whole_texts(texts, np.arange(61)))
        assert np.isfinite(logits).all()
        assert set(logits.argmax(axis=1)) <= {0, 1}


def logit_by_counting(texts, teacher, piece, pieces):
    """The logit of the first column of one piece, from the definition: distinct n-grams of each part, once each."""
    total, length = 0.0, sum(pieces.stops[piece] - pieces.starts[piece])
    for text, start, stop in zip(pieces.texts[piece], pieces.starts[piece], pieces.stops[piece], strict=True):
        seen = set()
        for n in (1, 2, 3):
            for token in range(start, stop - n + 1):
                gram = tuple(texts.numbers[token : token + n])
                if gram not in seen:
                    seen.add(gram)
                    total += teacher.weights[0, n - 1, token]
        total += teacher.intercepts[0, text] * (stop - start) / max(length, 1)
    return total


def test_a_piece_is_the_sum_of_its_ngrams(monkeypatch):
    monkeypatch.setattr(ngram_teacher, "PIECES_AT_ONCE", 100)
    texts, _, trains, _, teacher = taught()
    generator = np.random.default_rng(2)
    rows = np.flatnonzero(trains)
    some = crops(texts, rows, 2, 9, generator)
    pieces = concatenated([whole_texts(texts, rows), mixtures(some, some.select(rows.argsort()[::-1]))])
    logits = teacher.logits(pieces)
    for piece in range(0, len(pieces), 7):
        expected = logit_by_counting(texts, teacher, piece, pieces)
        assert logits[piece, 1] - logits[piece, 0] == pytest.approx(expected, abs=1e-4)


def test_a_piece_without_a_token_has_the_intercept():
    texts, _, _, _, teacher = taught()
    empty = Pieces(np.array([[5]]), texts.starts[[[5]]], texts.starts[[[5]]])
    assert teacher.logits(empty).shape == (1, 2)
    assert not teacher.logits(empty).any()
