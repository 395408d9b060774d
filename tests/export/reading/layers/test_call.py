"""What a function that reads a layer can ask and add."""

import re

import numpy as np
import pytest

from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet_export.errors import ModelError
from drupelet_export.reading.layers.call import Call
from drupelet_export.reading.layers.network import Network
from drupelet_export.reading.layers.value import Value


@pytest.fixture
def call():
    """A call that reads steps (5, 2), value 1; value 2 is the steps (5, 1) of a Dense, and value 3 a vector (2,)."""
    network = Network(5)
    network.add(Embedding(3, 2), [0], {"table": np.zeros((3, 2))})
    network.add(Dense(1), [1], {"kernel": np.zeros((2, 1)), "bias": np.zeros(1)})
    network.add(Reduce("max"), [1])
    return Call(network, "model: layer 1 of 2, 'odd' (Odd)", "odd", ([Value(1), None], 2.0), {"mask": None})


def names(call):
    return [node.operation.name for node in call.network.builder.nodes[3:]]


def test_arguments(call):
    assert call.values == [Value(1), None, 2.0]
    assert call.value == Value(1)
    assert (call.argument("scale", 1), call.argument("other", 2, 5)) == (2.0, 5)
    with pytest.raises(
        ModelError, match=re.escape("model: layer 1 of 2, 'odd' (Odd): reads a constant, expected something")
    ):
        Call(call.network, call.where, "odd", (3.0,)).value  # noqa: B018


@pytest.mark.parametrize(
    ("value", "rank", "axes"),
    [
        (Value(1), 3, {-1: "features", 2: "features", 1: "steps", -2: "steps", 0: "batch"}),
        (Value(3), 2, {-1: "features", 1: "features", 0: "batch"}),
        (Value(2, "row"), 2, {-1: "features"}),
        (Value(3, "single"), 3, {1: "steps", (2,): "features"}),
        (Value(1, "strip"), 4, {1: "steps", 3: "features"}),
    ],
)
def test_axes(call, value, rank, axes):
    assert call.rank(value) == rank
    assert {axis: call.axis(axis, value) for axis in axes} == axes
    for wrong in (rank, (0, 1), None):
        with pytest.raises(ModelError, match=r"works along axis .*, expected one axis"):
            call.axis(wrong, value)


@pytest.mark.parametrize(
    ("value", "added", "shape"),
    [
        (Value(1), [], (5, 2)),
        (Value(3, "single"), ["reshape"], (1, 2)),
        (Value(2, "row"), ["reshape"], (1, 5)),
        (Value(2, "rows", 3), ["reshape", "repeat"], (3, 5)),
        (Value(2, "columns", 3), ["dense"], (5, 3)),
        (Value(0, "mask column"), ["embedding"], (5, 1)),
    ],
)
def test_layouts_become_plain(call, value, added, shape):
    number = call.plain(value)
    kind = call.network.types[number]
    assert (names(call), (kind.length, kind.width)) == (added, shape)


def test_layouts_that_are_no_numbers_are_refused(call):
    with pytest.raises(ModelError, match="reads an image, expected steps"):
        call.plain(Value(1, "image"))
    with pytest.raises(ModelError, match="reads a mask other than that of the ids that are not 0"):
        call.plain(Value(0, "foreign mask"))


def test_masks(call):
    masks = {"mask": ["ids", None, "foreign"], "query_mask": "ids"}
    other = Call(call.network, call.where, "odd", masks=masks, input_masks=("ids", "foreign"))
    assert [other.masked(), other.masked(place=1), other.masked("query_mask"), other.masked("key_mask")] == [
        True,
        False,
        True,
        False,
    ]
    assert (other.carries_mask(0), other.carries_mask(5)) == (True, False)
    for ask in (lambda: other.masked(place=2), lambda: other.carries_mask(1)):
        with pytest.raises(
            ModelError, match="a mask other than that of the ids that are not 0, which is not supported"
        ):
            ask()


@pytest.mark.parametrize(
    ("values", "layout", "added"),
    [
        ([Value(1), Value(1)], "plain", ["merge"]),
        ([Value(1), Value(3, "single")], "plain", ["merge"]),
        ([Value(1), Value(2, "columns", 2)], "plain", ["merge"]),
        ([Value(2, "row"), Value(2, "row")], "row", ["merge"]),
        ([Value(3, "single"), Value(3, "single")], "single", ["merge"]),
        ([Value(2, "columns", 4), Value(2, "columns", 4)], "columns", ["merge"]),
        ([Value(2, "rows", 2), Value(2, "columns", 5)], "plain", ["reshape", "repeat", "dense", "merge"]),
    ],
)
def test_values_meet(call, values, layout, added):
    if "rows" in {value.layout for value in values}:
        with pytest.raises(ModelError, match="expected as many steps in each"):
            call.merge("add", values)
        return
    assert (call.merge("add", values).layout, names(call)) == (layout, added)


def test_constants(call):
    assert call.scaled(Value(1), 2.0, [1.0, 2.0]) == Value(4)
    with pytest.raises(
        ModelError, match=r"works with constants of shape \(3,\) and \(\), expected one number for each of 2 features"
    ):
        call.scaled(Value(1), [1.0, 2.0, 3.0], 0.0)
    constant = call.constant_steps(Value(1), np.arange(10).reshape(5, 2))
    assert call.type(constant).width == 2
    np.testing.assert_array_equal(call.network.builder.tensors["prelu.5.slope"], -np.arange(10).reshape(5, 2))
