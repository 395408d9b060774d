import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet_train.training.examples import Dataset, Examples, drop_words, epoch_batches, one_hot


def examples(padding="pre"):
    ids = np.array([[0, 0, 0, 2, 3], [0, 0, 0, 0, 4], [0, 0, 0, 0, 0], [5, 6, 7, 8, 9]], np.int32)
    ids = ids if padding == "pre" else np.array([[*row[row != 0], *row[row == 0]] for row in ids], np.int32)
    return Examples(ids, one_hot(np.array([0, 1, 1, 0], np.int32), 2), padding)


def test_lengths_are_the_ids_that_are_not_padding():
    assert examples().lengths.tolist() == [2, 1, 0, 5]
    assert examples().select(np.array([3, 1])).lengths.tolist() == [5, 1]


def test_every_row_has_a_label():
    with pytest.raises(ValueError, match="1 rows of ids, 2 rows of labels"):
        Examples(np.zeros((1, 2), np.int32), np.zeros((2, 2), np.float32), "pre")


def test_a_constant_dataset_has_the_same_examples_in_every_epoch():
    training, validation = examples(), examples("post")
    dataset = Dataset.constant(training, validation)
    assert dataset.of_epoch(0) is dataset.of_epoch(7) is training
    assert dataset.validation is validation


def test_trimming_leaves_one_column_of_padding():
    assert examples().trimmed_ids(np.array([0, 1])).tolist() == [[0, 2, 3], [0, 0, 4]]
    assert examples("post").trimmed_ids(np.array([0, 1])).tolist() == [[2, 3, 0], [4, 0, 0]]
    assert examples().trimmed_ids(np.array([2])).tolist() == [[0]]
    assert examples().trimmed_ids(np.array([3, 2])).tolist() == [[5, 6, 7, 8, 9], [0, 0, 0, 0, 0]]


@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=200).map(lambda values: np.array(values, np.int64)),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 5),
    epoch=st.integers(0, 5),
)
def test_an_epoch_sees_every_text_once(lengths, batch_size, seed, epoch):
    batches = epoch_batches(lengths, batch_size, seed, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // batch_size)
    assert max(map(len, batches)) <= batch_size
    again = epoch_batches(lengths, batch_size, seed, epoch)
    assert all(np.array_equal(one, other) for one, other in zip(batches, again, strict=True))


def test_batches_hold_texts_of_like_length_and_change_with_the_epoch():
    lengths = np.random.default_rng(0).integers(1, 400, 3_000)
    batches = epoch_batches(lengths, 64, 1, 0)
    spread = np.mean([np.ptp(lengths[rows]) for rows in batches])
    assert spread < 40
    assert not np.array_equal(batches[0], epoch_batches(lengths, 64, 1, 1)[0])


def test_dropped_words_become_the_unknown_one_and_padding_stays():
    ids = np.concatenate([np.zeros((20, 10), np.int32), np.full((20, 50), 7, np.int32)], axis=1)
    dropped = drop_words(ids, 0.2, 1, 2, 3)
    assert not dropped[:, :10].any()
    assert set(np.unique(dropped[:, 10:])) == {1, 7}
    assert (dropped == 1).sum() / (20 * 50) == pytest.approx(0.2, abs=0.05)
    np.testing.assert_array_equal(dropped, drop_words(ids, 0.2, 1, 2, 3))
    assert not np.array_equal(dropped, drop_words(ids, 0.2, 1, 2, 4))
    assert drop_words(ids, 0.0, 1, 2, 3) is ids
    assert dropped.dtype == np.int32


def test_weights_follow_their_texts():
    weighted = Examples(np.ones((3, 2), np.int32), np.eye(3, dtype=np.float32), "pre", np.array([1, 2, 3], np.float32))
    rows = np.array([2, 0])
    assert weighted.select(rows).weights.tolist() == weighted.weights_of(rows).tolist() == [3, 1]
    assert Examples(weighted.ids, weighted.labels, "pre").weights_of(rows).tolist() == [1, 1]
