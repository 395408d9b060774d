import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drupelet_train.corpora.splits import last_blocks, spread_blocks

label_lists = st.lists(st.integers(0, 3), min_size=1, max_size=300).map(
    lambda labels: np.array(labels + [label for label in range(4) for _ in range(3)], np.int32)
)


def test_the_last_tenth_of_every_class_is_held_out():
    label_ids = np.array([0] * 20 + [1] * 30, np.int32)
    assert last_blocks(label_ids).tolist() == [18, 19, 47, 48, 49]


def test_validation_is_contiguous_runs_amid_the_stretches():
    label_ids = np.array([0] * 40 + [1] * 40, np.int32)
    rows = spread_blocks(label_ids, np.arange(80), 0.1, 2)
    assert rows.tolist() == [9, 10, 29, 30, 49, 50, 69, 70]


def test_validation_takes_nothing_but_training_texts():
    label_ids = np.array([0] * 10 + [1] * 10, np.int32)
    training = np.array([0, 1, 2, 3, 15, 16, 17, 18])
    assert set(spread_blocks(label_ids, training, 0.25, 1).tolist()) <= set(training.tolist())


@given(label_ids=label_lists, fraction=st.floats(0.001, 0.5), blocks=st.integers(1, 10))
def test_every_class_keeps_a_text_in_every_part(label_ids, fraction, blocks):
    held_out = last_blocks(label_ids)
    training = np.setdiff1d(np.arange(len(label_ids)), held_out)
    validation = spread_blocks(label_ids, training, fraction, blocks)
    fitted = np.setdiff1d(training, validation)
    assert len(set(validation.tolist())) == len(validation)
    for part in (held_out, validation, fitted):
        assert set(label_ids[part].tolist()) == set(label_ids.tolist())
    assert not set(validation.tolist()) & set(held_out.tolist())


@given(members=st.integers(10, 500), blocks=st.integers(1, 10))
def test_there_are_at_most_so_many_runs(members, blocks):
    rows = spread_blocks(np.zeros(members, np.int32), np.arange(members), 0.1, blocks)
    assert (np.diff(rows) > 1).sum() + 1 <= blocks
    assert len(rows) == max(1, round(members * 0.1))
