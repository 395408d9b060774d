"""Operations of TensorFlow in a file of tf.keras mean the same in Keras 3."""

import numpy as np
import pytest
import tensorflow as tf

from drupelet_export.errors import ModelError
from drupelet_export.reading.canonical_config import Call, TensorRef
from drupelet_export.reading.layer_options import operation_class
from drupelet_export.reading.tensorflow_operations import translated_call

X = np.random.default_rng(0).uniform(0.1, 1, (2, 3, 4)).astype(np.float32)
Y = np.random.default_rng(1).uniform(0.1, 1, (2, 3, 4)).astype(np.float32)
NAMES = {"compat.v1.squeeze": tf.compat.v1.squeeze, "compat.v1.transpose": tf.compat.v1.transpose}
REDUCED = ("sum", "mean", "max", "min", "prod", "variance", "std", "logsumexp")
BINARY = ("not_equal", "equal", "greater", "greater_equal", "less", "less_equal", "add", "subtract", "multiply", "divide",
          "truediv", "maximum", "minimum", "pow")  # fmt: skip
UNARY = ("sigmoid", "tanh", "exp", "log", "log1p", "sqrt", "rsqrt", "square", "abs", "negative", "softplus", "sign", "erf",
         "reciprocal", "sin", "cos")  # fmt: skip
CASES = [
    *[(f"math.reduce_{name}", (X,), {"axis": 1}) for name in REDUCED],
    *[(f"math.reduce_{name}", (X,), {"axis": [1, 2], "keepdims": True, "name": "x"}) for name in REDUCED],
    *[(f"math.{name}", (X, Y), {}) for name in BINARY],
    *[(f"math.{name}", (X,), {"y": 0.5}) for name in BINARY],
    *[(f"math.{name}", (X,), {}) for name in UNARY],
    *[
        (f"nn.{name}", (X - 0.5,), {})
        for name in ("relu", "relu6", "selu", "softsign", "elu", "silu", "leaky_relu", "softmax")
    ],
    ("nn.leaky_relu", (X - 0.5,), {"alpha": 0.4}),
    ("nn.softmax", (X,), {"axis": 1}),
    ("nn.log_softmax", (X,), {}),
    ("math.multiply", (X,), {"y": [1.0, 2.0, 3.0, 4.0]}),
    ("expand_dims", (X,), {"axis": 1}),
    ("compat.v1.squeeze", (X[:, :1],), {"axis": 1}),
    ("squeeze", (X[:, :1],), {"axis": [1]}),
    ("concat", ([X, Y],), {"axis": -1}),
    ("stack", ([X, Y],), {"axis": 1}),
    ("stack", ([X, Y],), {}),
    ("reshape", (X,), {"shape": [-1, 12]}),
    ("compat.v1.transpose", (X,), {"perm": [0, 2, 1], "conjugate": False}),
    ("transpose", (X,), {"perm": [0, 2, 1]}),
    ("linalg.matmul", (X,), {"b": Y, "transpose_b": True}),
    ("linalg.matmul", (X,), {"b": Y, "transpose_a": True}),
    ("linalg.matmul", (X, Y.swapaxes(1, 2)), {}),
    ("clip_by_value", (X,), {"clip_value_min": 0.2, "clip_value_max": 0.6}),
    ("tile", (X,), {"multiples": [1, 2, 1]}),
    ("cast", (X * 9,), {"dtype": "int32"}),
    ("ones_like", (X,), {}),
    ("zeros_like", (X,), {}),
    ("where", (X > 0.5,), {"x": X, "y": Y}),
    ("math.reduce_any", (X > 0.9,), {"axis": 1}),
    ("math.reduce_all", (X > 0.9,), {"axis": 1}),
    ("math.logical_and", (X > 0.5, Y > 0.5), {}),
    ("math.logical_or", (X > 0.5, Y > 0.5), {}),
    ("math.logical_not", (X > 0.5,), {}),
]


def function_of(name):
    found = tf
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(
    ("name", "args", "kwargs"), CASES, ids=[f"{place}-{case[0]}" for place, case in enumerate(CASES)]
)
def test_an_operation_means_what_it_means_in_tensorflow(name, args, kwargs):
    given = {key: value for key, value in kwargs.items() if key != "name"}
    expected = np.asarray(NAMES.get(name, function_of(name))(*args, **given))
    operation, options, call = translated_call(name, Call(args, kwargs), "here")
    result = operation_class(operation)(**options)(*call.args, **call.kwargs)
    np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-5, atol=1e-6)


def test_a_slice_and_a_sum_of_operators():
    spec = [slice(None), -1, slice(1, 3)]
    operation, options, call = translated_call("__operators__.getitem", Call((X,), {"slice_spec": spec}), "here")
    np.testing.assert_array_equal(operation_class(operation)(**options)(*call.args), X[:, -1, 1:3])
    operation, options, call = translated_call("__operators__.add", Call((X,), {"y": Y}), "here")
    np.testing.assert_allclose(operation_class(operation)(**options)(*call.args), X + Y)


def test_half_precision_is_cast_to_float32():
    assert translated_call("cast", Call((TensorRef("a", 0, 0),), {"dtype": "float16"}), "here")[1] == {
        "dtype": "float32"
    }


@pytest.mark.parametrize(
    ("name", "kwargs", "message"),
    [
        (
            "py_function",
            {},
            "is tf.py_function, which is not read; next: build the model with a layer of Keras in its place",
        ),
        (["x"], {}, "which is not read"),
        ("math.add", {"y": 1, "odd": 2}, "is called with odd, which is not read; expected the tensors alone"),
        ("reshape", {"shape": [TensorRef("a", 0, 0), 3]}, "shape depends on data, expected numbers that are fixed"),
        ("math.reduce_sum", {"axis": TensorRef("a", 0, 0)}, "axis depends on data"),
        ("expand_dims", {}, "has no axis, expected a number"),
        ("cast", {"dtype": "string"}, "casts to 'string', expected float32, int32, int64 or bool"),
    ],
)
def test_what_is_not_known_is_refused(name, kwargs, message):
    with pytest.raises(ModelError) as caught:
        translated_call(name, Call((TensorRef("x", 0, 0),), kwargs), "here")
    assert str(caught.value).startswith("here: ")
    assert message in str(caught.value)
