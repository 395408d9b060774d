"""Layers that merge, by numpy's rules of broadcasting, and the masks they pass on."""

import pytest
from keras import layers


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
def test_number_by_number(agree, kind):
    assert agree(lambda x: getattr(layers, kind)()([x, layers.Dense(4)(x)])) == ["dense", "merge"]


def test_vectors_meet_steps(agree):
    assert agree(lambda x: layers.Add()([x, layers.GRU(4)(x)])) == ["recurrent", "merge"]
    assert agree(lambda x: layers.Multiply()([x, layers.Dense(1)(x)])) == ["dense", "merge"]


def test_concatenation(agree):
    assert agree(lambda x: layers.Concatenate()([x, x])) == ["merge"]
    assert agree(lambda x: layers.Flatten()(layers.Concatenate(axis=1)([x, layers.Conv1D(4, 2)(x)])))[-2:] == [
        "merge",
        "reshape",
    ]
    kept = lambda x: layers.GlobalMaxPooling1D(keepdims=True)(x)  # noqa: E731
    assert agree(lambda x: layers.Flatten()(layers.Concatenate()([kept(x), kept(x)]))) == ["reduce", "reduce", "merge"]


def test_masks(agree):
    assert agree(lambda x: layers.GRU(2)(layers.Add()([x, layers.Dense(4)(x)])), mask=True)[-1] == "recurrent*"
    assert agree(lambda x: layers.GRU(2)(layers.Add()([x, layers.Conv1D(4, 1)(x)])), mask=True)[-1] == "recurrent"
    assert agree(lambda x: layers.GRU(2)(layers.Concatenate()([x, layers.Dense(4)(x)])), mask=True)[-1] == "recurrent*"
    # Keras masks a step only where every part of it is masked.
    assert (
        agree(lambda x: layers.GRU(2)(layers.Concatenate()([x, layers.Conv1D(4, 1)(x)])), mask=True)[-1] == "recurrent"
    )
