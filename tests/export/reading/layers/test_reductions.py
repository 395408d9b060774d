"""Sums, means, maxima and minima along one axis."""

import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError


@pytest.mark.parametrize(
    ("network", "names"),
    [
        (lambda x: ops.sum(x, axis=1), ["reduce"]),
        (lambda x: ops.mean(x, axis=-2), ["reduce"]),
        (lambda x: ops.max(x, axis=1, keepdims=True) * x, ["reduce", "merge"]),
        (lambda x: ops.min(x, axis=1), ["reduce"]),
        (lambda x: layers.Softmax()(ops.sum(x, axis=2)), ["dense", "softmax", "reshape"]),
        (lambda x: ops.mean(x, axis=-1, keepdims=True) * x, ["dense", "merge"]),
        (lambda x: ops.max(x, axis=2), ["transpose", "reduce"]),
        (lambda x: ops.sum(ops.sum(x, axis=1), axis=1, keepdims=True), ["reduce", "dense"]),
    ],
)
def test_axes(agree, network, names):
    assert agree(network) == names


def test_all_axes_at_once_are_refused(describe_network):
    with pytest.raises(ModelError, match=r"works along axis .*, expected one axis"):
        describe_network(lambda x: x * ops.max(x, axis=(1, 2), keepdims=True))
