import numpy as np

from drupelet_train.config import TrainConfig
from drupelet_train.network.embedding import embedding_rows
from drupelet_train.words.vocabulary import RESERVED, Vocabulary


def test_glove_rows_where_glove_has_the_word():
    vocabulary = Vocabulary((*RESERVED, "baseball", "nosuchwordatall"))
    rows, found = embedding_rows(vocabulary, TrainConfig())
    assert rows.shape == (4, 50)
    assert rows.dtype == np.float32
    assert found == 1
    assert not rows[0].any()
    np.testing.assert_allclose(rows[2, :4], [-1.9327, 1.0421, -0.78515, 0.91033], atol=1e-5)
    assert 0 < np.abs(rows[3]).max() < 1


def test_random_rows_follow_from_the_seed():
    vocabulary = Vocabulary((*RESERVED, "a", "b"))
    config = TrainConfig(embedding="random", embedding_dim=7, seed=5)
    rows, found = embedding_rows(vocabulary, config)
    assert rows.shape == (4, 7)
    assert found == 0
    assert not rows[0].any()
    np.testing.assert_array_equal(rows, embedding_rows(vocabulary, config)[0])
    other = TrainConfig(embedding="random", embedding_dim=7, seed=6)
    assert not np.array_equal(rows, embedding_rows(vocabulary, other)[0])


def test_fewer_dimensions_are_those_in_which_glove_varies_most():
    words = ("good", "bad", "film", "actor", "king", "queen", "river", "the")
    vocabulary = Vocabulary((*RESERVED, *words, "nosuchwordatall"))
    full, _ = embedding_rows(vocabulary, TrainConfig())
    rows, found = embedding_rows(vocabulary, TrainConfig(embedding_dim=4))
    assert (rows.shape, rows.dtype, found) == ((11, 4), np.float32, 8)
    assert not rows[0].any()
    values = np.linalg.svd(full[2:10].astype(np.float64), compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(rows[2:10], axis=0), values[:4], rtol=1e-4)
