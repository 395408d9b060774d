"""Multiply, Maximum and Minimum look at masks themselves: what they give at masked ids is seen by layers that know no mask."""

import pytest
from keras import layers


def both(x):
    return [x, layers.Dense(4)(x)]


def one(x):
    return [x, layers.GRU(4)(x), layers.Conv1D(4, 1)(x)]


def other(x):
    return [layers.Conv1D(4, 1)(x), x, layers.Dense(4)(x)]


@pytest.mark.parametrize("kind", ["Add", "Multiply", "Maximum", "Minimum", "Average"])
@pytest.mark.parametrize("inputs", [both, one, other])
def test_masked_steps(agree, kind, inputs):
    agree(lambda x: layers.Flatten()(getattr(layers, kind)()(inputs(x))), mask=True)


@pytest.mark.parametrize("kind", ["Multiply", "Maximum"])
def test_masked_steps_that_nobody_reads_cost_nothing(agree, kind):
    assert agree(lambda x: layers.GRU(2)(getattr(layers, kind)()(both(x))), mask=True) == [
        "dense",
        "merge",
        "recurrent*",
    ]
