"""Arithmetic of keras.ops becomes merges, and scales and shifts."""

import numpy as np
import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError


def test_numbers_and_arrays_become_scale_and_shift(agree):
    assert agree(lambda x: 3.0 - x * np.float32([1, 2, 3, 4]) / 2) == ["scale_shift"] * 3
    assert agree(lambda x: -x + ops.ones((1, 1, 4))) == ["scale_shift"] * 2


def test_tensors_are_merged(agree):
    assert agree(lambda x: x * (x + ops.square(x))) == ["merge"] * 3
    assert agree(lambda x: ops.stack([x[:, 0], x[:, 1]], axis=1))[-1] == "merge"


def test_a_constant_for_each_step(agree):
    positions = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
    assert agree(lambda x: x + positions) == ["scale_shift", "prelu", "merge"]
    assert agree(lambda x: ops.multiply(positions[None], x)) == ["scale_shift", "prelu", "merge"]


def test_bounds(agree):
    assert "activation" in agree(lambda x: ops.minimum(ops.maximum(x, -0.25), np.float32([0, 0.5, 1, 0.1])))
    assert agree(lambda x: ops.clip(x, -0.5, 0.25))[0] == "scale_shift"


def test_products_with_matrices(agree):
    matrix = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    assert agree(lambda x: ops.matmul(x, matrix)) == ["dense"]
    assert agree(lambda x: ops.matmul(ops.transpose(x, (0, 2, 1)), x)) == ["transpose", "dot"]


def test_a_choice_by_the_mask(agree):
    def mask(x):
        return ops.expand_dims(ops.not_equal(ids_of(x), 0), -1)

    names = ["embedding", "scale_shift", "merge", "scale_shift", "merge"]
    assert sorted(agree(lambda x: ops.where(mask(x), x, -3.0))) == sorted(names)
    assert sorted(agree(lambda x: ops.where(mask(x), 0.5, x))) == sorted(names)


def test_an_average_of_tokens_by_hand(agree):
    def network(x):
        mask = ops.cast(ops.expand_dims(ops.not_equal(ids_of(x), 0), -1), "float32")
        return ops.sum(layers.Dense(3)(x) * mask, axis=1) / ops.sum(mask, axis=1)

    assert agree(network) == ["dense", "reduce*"]


def ids_of(x):
    return x._keras_history.operation.input


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda x: x / (x + 2.0), "divides by a number that depends on the text"),
        (lambda x: ops.sum(x, axis=1) / ops.sum(x, axis=1), "divides by a number that depends on the text"),
        (lambda x: 1.0 / x, "divides by a number that depends on the text"),
        (
            lambda x: ops.matmul(np.ones((7, 7), "float32"), x),
            "multiplies with a constant, expected a matrix on the right",
        ),
    ],
)
def test_what_the_graph_cannot_compute_is_refused(describe_network, network, message):
    with pytest.raises(ModelError, match=message):
        describe_network(lambda x: layers.Flatten()(network(x)))
