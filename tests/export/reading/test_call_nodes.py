"""Calls of layers, as Keras 1 and 2 list them and as Keras 3 does."""

import numpy as np
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.call_nodes import calls_of, constant_array, ref_of, refs_of
from drupelet_export.reading.canonical_config import Call, TensorRef

A, B = TensorRef("a", 0, 0), TensorRef("b", 1, 2)
KERAS_3_A = {"class_name": "__keras_tensor__", "config": {"keras_history": ["a", 0, 0], "dtype": "float32"}}


@pytest.mark.parametrize(
    ("node", "call"),
    [
        ([["a", 0, 0]], Call((A,), {})),
        ([["a", 0, 0, {}]], Call((A,), {})),
        (["a", 0, 0, {"axis": 1, "name": None}], Call((A,), {"axis": 1, "name": None})),
        ([["a", 0, 0, {"training": True}], ["b", 1, 2, {}]], Call(([A, B],), {})),
        ([["a", 0, 0, {"mask": ["b", 1, 2]}]], Call((A,), {"mask": B})),
        ([["a", 0, 0, {"initial_state": [["b", 1, 2], ["a", 0, 0]]}]], Call((A,), {"initial_state": [B, A]})),
        (["_CONSTANT_VALUE", -1, 1.5, {"y": ["a", 0, 0]}], Call((1.5,), {"y": A})),
        (
            ["a", 0, 0, {"slice_spec": [{"start": None, "stop": 3, "step": None}, -1]}],
            Call((A,), {"slice_spec": [slice(None, 3), -1]}),
        ),
        (
            ["a", 0, 0, {"s": {"class_name": "__tuple__", "items": [{"start": 1, "stop": None, "step": 2}]}}],
            Call((A,), {"s": [slice(1, None, 2)]}),
        ),
        ({"args": [KERAS_3_A], "kwargs": {"mask": None, "training": True}}, Call((A,), {"mask": None})),
        ({"args": [[KERAS_3_A, KERAS_3_A]], "kwargs": {}}, Call(([A, A],), {})),
        (
            {"args": [KERAS_3_A, {"class_name": "__tuple__", "config": [
                {"class_name": "__slice__", "config": {"start": 0, "stop": None, "step": None}},
                {"class_name": "__ellipsis__", "config": {}}, -1]}]},
            Call((A, (slice(0, None), ..., -1)), {}),
        ),
    ],
)  # fmt: skip
def test_a_call_is_read(node, call):
    assert calls_of([node], {"a", "b"}, "here") == (call,)


def test_a_constant_of_keras_3_is_an_array():
    value = {"class_name": "__numpy__", "config": {"value": [[1.0, 2.0]], "dtype": "float64"}}
    (call,) = calls_of([{"args": [KERAS_3_A, value]}], {"a"}, "here")
    assert call.args[1].dtype == np.float32
    np.testing.assert_array_equal(call.args[1], [[1, 2]])


def test_layers_without_calls_have_none():
    assert calls_of(None, {"a"}, "here") == calls_of([], {"a"}, "here") == ()


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ("x", "its calls are 'x', expected a list"),
        ([1], "its call is 1, expected a list of layers"),
        ([[]], r"its call is \[\], expected a list of layers"),
        ([[[]]], "its call is"),
        ([["gone", 0, 0]], "reads 'gone', which is no layer of the model"),
        ([["a", 0]], "reads 'a', which is no layer"),
        ([["a", -1, 0]], "expected the name of a layer and two places"),
        ([["a", 0, 10**9]], "expected the name of a layer and two places"),
        ([["a", 0, "0"]], "expected the name of a layer and two places"),
        ([["a", 0, 0, []]], "the named arguments of its call are"),
        ([["a", 0, 0, {"x": {"class_name": "Lambda"}}]], "code in a model file is never run"),
        ([["a", 0, 0, {"x": float("nan")}]], "an argument of its call is nan"),
        ([{"kwargs": {}}], "its call has no arguments"),
        ([{"args": [{"class_name": "__keras_tensor__", "config": {}}]}], "reads None, expected the name"),
        ([{"args": [{"class_name": "Own", "module": "os", "config": {}}]}], "is 'Own' of 'os', expected a plain value"),
        (
            [{"args": [{"class_name": "__slice__", "config": {"start": "a"}}]}],
            "a slice reads .*, expected numbers that are fixed",
        ),
        ([{"args": [{"class_name": "__numpy__", "config": {"value": [[1], [2, 3]]}}]}], "rows differ in length"),
        (
            [{"args": [{"class_name": "__numpy__", "config": {"value": ["a"]}}]}],
            "reads a constant of <U1, expected numbers",
        ),
    ],
)
def test_a_call_that_is_none_is_refused(nodes, message):
    with pytest.raises(ModelError, match=rf"^here: .*{message}|^here: {message}"):
        calls_of(nodes, {"a", "b"}, "here")


def test_the_ends_of_a_model_keep_their_nesting():
    assert refs_of(["a", 0, 0], "here") == A
    assert refs_of([["a", 0, 0], ["b", 1, 2]], "here") == [A, B]
    assert refs_of({"x": ["a", 0, 0]}, "here") == {"x": A}
    with pytest.raises(ModelError, match="reads None"):
        refs_of(None, "here")
    assert ref_of(["b", 1, 2], "here") == B


@pytest.mark.parametrize(("value", "kind"), [([1, 2], np.int32), ([True], np.bool_), ([1, 0.5], np.float32)])
def test_the_type_of_a_constant(value, kind):
    assert constant_array(value, "here").dtype == kind
