"""MultiHeadAttention is three projections, an attention, and one more projection."""

import keras
import pytest
from keras import layers

from drupelet_export.errors import ModelError

PLAIN = ["dense", "dense", "dense", "attention", "dense"]


def test_heads(agree):
    assert agree(lambda x: layers.MultiHeadAttention(2, 3, value_dim=5, output_shape=6)(x, x)) == PLAIN
    assert agree(lambda x: layers.MultiHeadAttention(3, 2, use_bias=False)(x, x, x, use_causal_mask=True)) == PLAIN


def test_keys_of_another_value(agree):
    network = lambda x: layers.MultiHeadAttention(2, 3)(layers.Dense(5)(x), layers.Conv1D(3, 2)(x))  # noqa: E731
    assert agree(network) == ["dense", "convolution", *PLAIN]


def test_masked_queries_average_all_values(agree):
    names = agree(lambda x: layers.MultiHeadAttention(2, 3)(x, x), mask=True)
    added = ["reduce", "embedding", "merge", "scale_shift", "merge", "merge"]
    assert names == [*PLAIN[:3], "attention*", *added, "dense"]


def test_masked_queries_that_nobody_reads_cost_nothing(agree):
    network = lambda x: layers.LSTM(3)(layers.MultiHeadAttention(2, 3)(x, x))  # noqa: E731
    assert agree(network, mask=True) == [*PLAIN[:3], "attention*", "dense", "recurrent*"]


def test_the_mask_of_the_keys_alone(agree):
    network = lambda x: layers.MultiHeadAttention(2, 3)(layers.Conv1D(4, 1)(x), x)  # noqa: E731
    assert agree(network, mask=True) == ["convolution", *PLAIN[:3], "attention*", "dense"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (lambda x: {"attention_mask": keras.ops.ones((1, 7, 7))}, "has an attention_mask, which is not supported"),
        (lambda x: {"return_attention_scores": True}, "returns its scores, which is not supported"),
    ],
)
def test_arguments_that_are_not_supported(describe_network, arguments, message):
    def network(x):
        found = layers.MultiHeadAttention(2, 3)(x, x, **arguments(x))
        return found[0] if isinstance(found, tuple) else found

    with pytest.raises(ModelError, match=message):
        describe_network(network)
