"""Masks that a model computes itself."""

import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError


def ids_of(x):
    return x._keras_history.operation.input


def test_a_mask_is_a_column_of_ones_and_zeros(agree):
    mask = lambda x: ops.cast(ops.expand_dims(ops.not_equal(ids_of(x), 0), -1), "float32")  # noqa: E731
    assert agree(lambda x: ops.sum(x * mask(x), axis=1)) == ["embedding", "merge", "reduce"]
    assert agree(lambda x: ops.sum(x * (1.0 - mask(x)), axis=1)) == ["embedding", "scale_shift", "merge", "reduce"]
    zero = lambda x: ops.cast(ops.equal(ids_of(x), 0), "float32")  # noqa: E731
    assert agree(lambda x: x * ops.expand_dims(zero(x), -1)) == ["embedding", "scale_shift", "merge"]


def test_the_opposite_of_the_opposite_is_the_mask(agree):
    mask = lambda x: ops.logical_not(ops.equal(ids_of(x), 0))  # noqa: E731
    assert agree(lambda x: layers.GRU(2)(x, mask=mask(x))) == ["recurrent*"]


@pytest.mark.parametrize("compare", [lambda x: ops.not_equal(ids_of(x), 5), lambda x: ops.greater(x, 0.0)[:, :, 0]])
def test_comparisons_with_anything_but_0_are_refused(describe_network, compare):
    with pytest.raises(ModelError, match="compares other than the ids of the text with 0, which is not supported"):
        describe_network(lambda x: layers.GRU(2)(x, mask=compare(x)))
