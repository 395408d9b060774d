"""Attention and AdditiveAttention, with masks of keys and of queries."""

import pytest
from keras import layers

from drupelet_export.errors import ModelError


def test_scores(agree):
    assert agree(lambda x: layers.Attention(use_scale=True)([x, x])) == ["attention"]
    assert agree(lambda x: layers.Attention(score_mode="concat", use_scale=True)([x, x, x])) == ["attention"]
    assert agree(lambda x: layers.AdditiveAttention()([x, x], use_causal_mask=True)) == ["attention"]
    assert agree(lambda x: layers.AdditiveAttention(use_scale=False)([x, layers.Conv1D(4, 3)(x)])) == [
        "convolution",
        "attention",
    ]


def test_masked_queries_are_zeros(agree):
    assert agree(lambda x: layers.Attention()([x, x]), mask=True) == ["attention*", "embedding", "merge"]


def test_masked_queries_that_nobody_reads_cost_nothing(agree):
    network = lambda x: layers.GlobalAveragePooling1D()(layers.Attention()([x, x]))  # noqa: E731
    assert agree(network, mask=True) == ["attention*", "reduce*"]


def test_a_state_may_ask(agree):
    def network(x):
        state = layers.Reshape((1, 4))(layers.GRU(4)(x))
        return layers.Attention()([state, x])

    assert agree(network, mask=True) == ["recurrent*", "reshape", "attention*"]


def test_scores_as_outputs_are_refused(describe_network):
    with pytest.raises(ModelError, match="returns its scores, which is not supported"):
        describe_network(lambda x: layers.Attention()([x, x], return_attention_scores=True)[0])
