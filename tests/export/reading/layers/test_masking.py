"""Masking is right over an embedding whose first row alone is zeros."""

import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError

TABLE = np.arange(32, dtype="float32").reshape(8, 4)


def masked(table, **settings):
    def network(x):
        embedding = layers.Embedding(8, 4, name="zero_first", trainable=False)
        y = embedding(x._keras_history.operation.input)
        embedding.embeddings.assign(table)
        embedding.embeddings.assign = lambda value: None  # the weights of the network are drawn later
        return layers.GRU(3)(layers.Masking(**settings)(y))

    return network


def test_the_first_row_is_masked(agree):
    table = TABLE.copy() / 32
    table[0] = 0
    assert agree(masked(table))[-1] == "recurrent*"


@pytest.mark.parametrize("rows", [[], [0, 3]])
def test_other_rows_are_refused(describe_network, rows):
    table = TABLE.copy() + 1
    table[rows] = 0
    with pytest.raises(ModelError, match="masks rows of zeros, and those are not row 0 alone"):
        describe_network(masked(table))


def test_masking_of_anything_else_is_refused(describe_network):
    with pytest.raises(ModelError, match="compares other than the ids of the text with 0, which is not supported"):
        describe_network(lambda x: layers.GRU(2)(layers.Masking()(layers.Dropout(0.1)(layers.Dense(3)(x)))))
