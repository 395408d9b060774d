"""Options of a layer in a file become arguments of Keras 3's constructor. What could change an answer is not dropped."""

import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.canonical_config import ActivationName
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.layer_options import canonical_options, constructor_names, operation_options

KERAS_2, KERAS_3 = KerasVersion("2.15.0"), KerasVersion("3.1.0")


def options(class_name, version=KERAS_3, **config):
    return canonical_options(class_name, config, version, "here", lambda layer, key: (key, layer["class_name"]))


def refusal(class_name, version=KERAS_3, **config):
    with pytest.raises(ModelError) as caught:
        options(class_name, version, **config)
    return str(caught.value)


def test_what_does_not_change_an_answer_is_dropped():
    own = {"class_name": "Own", "module": "mine"}
    read = options(
        "Dense", name="d", units=3, kernel_initializer=own, bias_regularizer=own, kernel_constraint=own, dtype="mixed_float16",
        activity_regularizer=own, lora_rank=None, build_config={}, surprise=None,
    )  # fmt: skip
    assert read == {"units": 3}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("relu", "relu"),
        ({"module": "builtins", "class_name": "function", "config": "gelu", "registered_name": "function"}, "gelu"),
        ({"module": "keras.activations", "class_name": "function", "config": "hard_sigmoid"}, "hard_sigmoid"),
        ({"class_name": "function", "config": "tanh"}, "tanh"),
    ],
)
def test_activations_of_keras_are_read(value, name):
    assert options("Dense", units=1, activation=value) == {"units": 1, "activation": ActivationName(name)}


def test_hard_sigmoid_has_the_meaning_of_the_release():
    assert options("Dense", KERAS_2, activation="hard_sigmoid")["activation"] == ActivationName("hard_sigmoid_keras2")
    assert options("Dense", KERAS_2, activation="sigmoid")["activation"] == ActivationName("sigmoid")


def test_an_activation_may_be_a_layer():
    leaky = {"class_name": "LeakyReLU", "module": "keras.layers", "config": {}}
    assert options("Dense", units=1, activation=leaky)["activation"] == ("activation", "LeakyReLU")


@pytest.mark.parametrize(
    "value",
    ["eval", "mine>relu", {"class_name": "__lambda__", "config": "relu"}, {"class_name": "PReLU", "config": {}}, 3, ["relu"],
     {"module": "os", "class_name": "function", "config": "relu"}, {"module": "os", "class_name": "ReLU", "config": {}}],
)  # fmt: skip
def test_activations_of_others_are_refused(value):
    told = refusal("Dense", activation=value)
    assert told.startswith("here: activation is ")
    assert "which is not Keras's own; code in a model file is never run" in told


@pytest.mark.parametrize(
    ("class_name", "config", "read"),
    [
        ("GRU", {"units": 1, "recurrent_activation": "tanh"}, {"reset_after": False}),
        ("LeakyReLU", {"alpha": 0.1}, {"negative_slope": 0.1}),
        ("LeakyReLU", {"alpha": {"class_name": "__numpy__", "config": {"value": 0.25}}}, {"negative_slope": 0.25}),
        ("LeakyReLU", {}, {"negative_slope": 0.3}),
        ("BatchNormalization", {"axis": [2], "momentum": 0.9, "fused": True}, {"axis": 2, "momentum": 0.9}),
        ("LSTM", {"units": 1, "recurrent_activation": "tanh", "time_major": False, "implementation": 2}, {"units": 1}),
        ("SeparableConv1D", {"filters": 1, "groups": 1}, {"filters": 1}),
        ("Embedding", {"input_dim": 2, "input_length": 9, "batch_input_shape": [None, 9]}, {"input_dim": 2}),
        ("MultiHeadAttention", {"num_heads": 2, "query_shape": [1], "softmax_robust_masking": False}, {"num_heads": 2}),
    ],
)
def test_options_of_keras_2_become_those_of_keras_3(class_name, config, read):
    found = options(class_name, KERAS_2, **config)
    assert {key: found[key] for key in read} == read
    assert found.keys() <= constructor_names(class_name)


@pytest.mark.parametrize(
    ("class_name", "config", "message"),
    [
        (
            "LSTM",
            {"time_major": True, "recurrent_activation": "tanh"},
            "has time_major=True, expected texts before steps",
        ),
        ("LSTM", {"units": 1}, "has no recurrent_activation, whose default changed between releases"),
        ("BatchNormalization", {"axis": [1, 2]}, "normalizes over the axes [1, 2], expected one"),
        ("Dense", {"odd": 1}, "has the option 'odd' (1), which Dense of Keras does not know"),
        ("SeparableConv1D", {"groups": 2}, "has the option 'groups' (2)"),
        ("Dense", {"units": float("inf")}, "here: units is inf, expected a number"),
        ("Dense", {"units": {"class_name": "Own"}}, "here: units is 'Own' of None, expected a plain value"),
        ("Dense", {"quantization_config": {}}, "is quantized; export the float32 model"),
        (
            "Dense",
            {"dtype": {"class_name": "QuantizedDTypePolicy", "module": "keras"}},
            "computes by 'QuantizedDTypePolicy'",
        ),
        ("Dense", {"dtype": {"class_name": "DTypePolicy", "module": "mine"}}, "computes by 'DTypePolicy' of 'mine'"),
        ("StackedRNNCells", {"cells": [1]}, "its cells are [1], expected a list of at most 100"),
    ],
)
def test_what_could_change_an_answer_is_refused(class_name, config, message):
    assert message in refusal(class_name, KERAS_2, **config)


def test_layers_inside_are_built():
    cell = {"class_name": "LSTMCell", "config": {}}
    assert options("RNN", cell=cell) == {"cell": ("cell", "LSTMCell")}
    assert options("RNN", cell=[cell, cell]) == {"cell": [("here", "LSTMCell")] * 2}
    assert options("StackedRNNCells", cells=[cell]) == {"cells": [("cells", "LSTMCell")]}


def test_options_of_operations():
    assert operation_options("Sum", {"name": "sum", "axis": [0, 1], "keepdims": True}, "here") == {
        "axis": (0, 1),
        "keepdims": True,
    }
    assert operation_options("Cast", {"dtype": "float16"}, "here") == {"dtype": "float32"}
    with pytest.raises(ModelError, match=r"^here: has the option 'odd' \(1\), which Sum of Keras does not know"):
        operation_options("Sum", {"odd": 1}, "here")
