"""A softmax over features or over steps, with its mask."""

import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError


def test_axes(agree):
    assert agree(lambda x: layers.Softmax()(x)) == ["softmax"]
    assert agree(lambda x: ops.softmax(x, axis=1)) == ["softmax"]
    assert agree(lambda x: layers.Dense(3, "log_softmax")(x)) == ["dense", "softmax"]


def test_a_mask_of_steps(agree):
    def network(x):
        mask = ops.not_equal(x._keras_history.operation.input, 0)
        weights = layers.Softmax()(layers.Flatten()(layers.Dense(1)(x)), mask=mask)
        return ops.sum(x * ops.expand_dims(weights, -1), axis=1)

    assert agree(network) == ["dense", "softmax*", "merge", "reduce"]


def test_a_softmax_over_one_unit_is_refused(describe_network):
    with pytest.raises(
        ModelError, match=r"'odd' \(Dense\): is a softmax over one unit, which is always 1; use sigmoid"
    ):
        describe_network(lambda x: layers.Dense(1, "softmax", name="odd")(layers.GRU(2)(x)))
