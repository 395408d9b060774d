"""Embeddings of the ids of the text, and of nothing else."""

import keras
import pytest
from keras import layers

from drupelet_export.errors import ModelError


def test_a_second_embedding_of_the_same_ids(agree):
    network = lambda x: layers.Concatenate()([x, layers.Embedding(8, 2)(x._keras_history.operation.input)])  # noqa: E731
    assert agree(network) == ["embedding", "merge"]


def test_an_embedding_of_anything_else_is_refused(describe_network):
    with pytest.raises(ModelError, match=r"'odd' \(Embedding\): reads what other layers computed, expected the ids"):
        describe_network(lambda x: layers.Embedding(8, 2, name="odd")(keras.ops.sum(x, axis=2)))
