import numpy as np

from drupelet_train.teaching.folds import MARGIN, NO_FOLD, contiguous_folds, group_folds


def test_every_class_is_cut_into_contiguous_folds():
    label_ids = np.repeat(np.array([0, 1], np.int32), [600, 400])
    trains = np.ones(1000, np.bool_)
    trains[100:150] = False
    folds = contiguous_folds(label_ids, trains, 4)
    assert (folds.of_text[~trains] == NO_FOLD).all()
    for label_id in (0, 1):
        of_class = folds.of_text[(label_ids == label_id) & trains]
        assert np.bincount(of_class).tolist() == [len(of_class) // 4 + (fold < len(of_class) % 4) for fold in range(4)]
        assert (np.diff(of_class) >= 0).all()


def test_a_teacher_learns_from_neither_its_fold_nor_its_neighbours():
    label_ids = np.repeat(np.array([0, 1], np.int32), 500)
    folds = contiguous_folds(label_ids, np.ones(1000, np.bool_), 5)
    for fold in range(5):
        outside = folds.outside(fold)
        members = np.flatnonzero(folds.of_text == fold)
        same_class = label_ids[outside][:, None] == label_ids[members][None, :]
        distance = np.abs(outside[:, None] - members[None, :])
        assert distance[same_class].min() == MARGIN + 1
        assert len(outside) >= 1000 - 200 - 4 * MARGIN


def test_texts_that_do_not_train_are_outside_of_no_fold():
    label_ids = np.zeros(100, np.int32)
    trains = np.arange(100) >= 40
    assert (contiguous_folds(label_ids, trains, 3).outside(0) >= 40).all()


def test_few_texts_have_small_margins():
    folds = contiguous_folds(np.zeros(8, np.int32), np.ones(8, np.bool_), 4)
    assert [len(folds.outside(fold)) for fold in range(4)] == [5, 4, 4, 5]


def test_merged_folds_keep_their_texts_and_neighbours():
    folds = contiguous_folds(np.zeros(1000, np.int32), np.ones(1000, np.bool_), 10)
    merged = folds.merged(5)
    assert merged.of_text.tolist() == (folds.of_text // 2).tolist()
    assert (merged.near[1] == (folds.near[2] | folds.near[3])).all()


def test_a_group_lies_in_one_fold_and_its_teacher_never_saw_it():
    generator = np.random.default_rng(3)
    groups = generator.integers(0, 60, 1000).astype(np.int64)
    trains = generator.random(1000) < 0.9
    folds = group_folds(groups, trains, 10)
    assert (folds.of_text[~trains] == NO_FOLD).all()
    sizes = np.bincount(folds.of_text[trains], minlength=10)
    assert sizes.max() - sizes.min() <= np.bincount(groups[trains]).max()
    for fold in range(10):
        assert not set(groups[folds.outside(fold)]) & set(groups[folds.of_text == fold])
        assert len(folds.outside(fold)) == trains.sum() - sizes[fold]


def test_fewer_groups_make_fewer_folds():
    folds = group_folds(np.repeat(np.array([7, 3, 5]), [4, 9, 1]), np.ones(14, np.bool_), 10)
    assert folds.count == 3
    assert folds.of_text.tolist() == [1] * 4 + [0] * 9 + [2]
