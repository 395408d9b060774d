"""Slices of tensors."""

import pytest
from keras import ops

from drupelet_export.errors import ModelError


@pytest.mark.parametrize(
    ("network", "names"),
    [
        (lambda x: x[:, -1, :], ["reduce"]),
        (lambda x: x[:, 0], ["reduce"]),
        (lambda x: x[:, 2], ["window", "reshape"]),
        (lambda x: x[:, -3], ["window", "reshape"]),
        (lambda x: x[:, 1:-2, :], ["window"]),
        (lambda x: x[:, ::-1][:, 0], ["reverse", "reduce"]),
        (lambda x: x[..., 1:3], ["dense"]),
        (lambda x: x[:, -1, 2:], ["dense", "reduce"]),
        (lambda x: x[:, 0][:, 1:3], ["reduce", "reshape", "window", "reshape"]),
        (lambda x: ops.flip(x, 1)[:, 0], ["reverse", "reduce"]),
    ],
)
def test_parts(agree, network, names):
    assert agree(network) == names


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda x: x[:, ::2], "takes ::2, expected every step, or all in reverse order"),
        (lambda x: x[:, :, 0], "takes one feature of each step"),
        (lambda x: x[:, None, 0], "takes .*; expected a new axis alone, or a part alone"),
    ],
)
def test_other_parts_are_refused(describe_network, network, message):
    with pytest.raises(ModelError, match=message):
        describe_network(network)
