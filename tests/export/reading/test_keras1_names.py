"""A file of Keras 1, written by hand, answers like the same model of Keras 3."""

import json

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.reading.keras1_names import options_of_keras_1
from drupelet_export.reading.keras2_activations import hard_sigmoid_keras2
from drupelet_export.reading.keras_file import load_keras_model

IDS = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0], [1, 2, 3, 4, 5, 6]])


def write(path, config, groups, **attributes):
    """An .h5 file of Keras 1: a group for each layer, with arrays whose names say which they are."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["keras_version"] = b"1.2.2"
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [name.encode() for name in groups]
        for name, value in attributes.items():
            weights.attrs[name] = value
        for name, arrays in groups.items():
            group = weights.create_group(name)
            group.attrs["weight_names"] = [f"{name}_{number}".encode() for number in range(len(arrays))]
            for number, array in enumerate(arrays):
                group[f"{name}_{number}"] = array


def sequential(*chain):
    return {"class_name": "Sequential", "config": [{"class_name": kind, "config": config} for kind, config in chain]}


def gates(weights, order):
    """The arrays W, U and b of each gate of Keras 1, from the kernel, the recurrent kernel and the bias of Keras 3."""
    units = weights[1].shape[0]
    return [part[..., gate * units : (gate + 1) * units] for gate in order for part in weights]


EMBEDDING = ("Embedding", {"name": "embedding_1", "input_dim": 8, "output_dim": 4, "mask_zero": False, "input_length": 6,
                           "batch_input_shape": [None, 6], "input_dtype": "int32", "init": "uniform", "W_regularizer": None,
                           "activity_regularizer": None, "W_constraint": None, "dropout": 0.2, "trainable": True})  # fmt: skip


def test_a_sequential_model_of_keras_1_answers_as_there(tmp_path):
    recurrent = {
        "output_dim": 3, "init": "glorot_uniform", "inner_init": "orthogonal", "forget_bias_init": "one", "activation": "tanh",
        "inner_activation": "hard_sigmoid", "dropout_W": 0.2, "dropout_U": 0.2, "consume_less": "cpu", "return_sequences": True,
        "go_backwards": False, "stateful": False, "unroll": False, "W_regularizer": None, "U_regularizer": None,
        "b_regularizer": None, "input_dim": 4, "input_length": None,
    }  # fmt: skip
    config = sequential(
        EMBEDDING,
        ("SpatialDropout1D", {"name": "drop", "p": 0.2}),
        ("Convolution1D", {"name": "conv", "nb_filter": 5, "filter_length": 3, "border_mode": "same", "subsample_length": 1,
                           "activation": "relu", "bias": True, "init": "glorot_uniform", "input_dim": 4,
                           "input_length": None}),
        ("MaxPooling1D", {"name": "pool", "pool_length": 2, "stride": 2, "border_mode": "valid"}),
        ("LSTM", {**recurrent, "name": "lstm_1"}),
        ("Bidirectional", {"name": "both", "merge_mode": "concat",
                           "layer": {"class_name": "GRU", "config": {**recurrent, "name": "gru_1", "return_sequences": False}},
                           }),
        ("BatchNormalization", {"name": "norm", "mode": 0, "axis": -1, "epsilon": 0.001, "momentum": 0.99,
                                "gamma_init": "one", "beta_init": "zero"}),
        ("Dense", {"name": "dense_1", "output_dim": 1, "bias": True, "activation": "sigmoid", "init": "glorot_uniform",
                   "input_dim": 6}),
    )  # fmt: skip
    same = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Embedding(8, 4),
            layers.Conv1D(5, 3, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.LSTM(3, recurrent_activation=hard_sigmoid_keras2, return_sequences=True),
            layers.Bidirectional(layers.GRU(3, reset_after=False)),
            layers.BatchNormalization(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    both = same.layers[4]
    for cell in (both.forward_layer.cell, both.backward_layer.cell):
        cell.recurrent_activation = hard_sigmoid_keras2
    generator = np.random.default_rng(3)
    for weight in same.weights:
        weight.assign(generator.uniform(0.2 if "variance" in weight.path else -1, 1, weight.shape))
    embedding, conv, _, lstm, _, norm, dense = (layer.get_weights() for layer in same.layers)
    way = both.get_weights()
    groups = {
        "embedding_1": embedding,
        "drop": [],
        "conv": [conv[0][:, None], conv[1]],
        "pool": [],
        "lstm_1": gates(lstm, (0, 2, 1, 3)),
        "both": gates(way[:3], (0, 1, 2)) + gates(way[3:], (0, 1, 2)),
        "norm": norm,
        "dense_1": dense,
    }
    write(tmp_path / "model.h5", config, groups)
    model = load_keras_model(tmp_path / "model.h5")
    np.testing.assert_allclose(model.predict(IDS, verbose=0), same.predict(IDS, verbose=0), atol=1e-6)
    assert (model.layers[0].name, model.layers[5].forward_layer.reset_after) == ("embedding_1", False)


def test_a_functional_model_of_keras_1_merges(tmp_path):
    def node(name, kind, inputs, **config):
        return {"class_name": kind, "name": name, "config": {"name": name, **config},
                "inbound_nodes": [[[source, 0, 0] for source in inputs]] if inputs else []}  # fmt: skip

    nodes = [
        node("ids", "InputLayer", [], batch_input_shape=[None, 6], input_dtype="int32", sparse=False),
        node("words", "Embedding", ["ids"], **{k: v for k, v in EMBEDDING[1].items() if k != "name"}),
        node("top", "GlobalMaxPooling1D", ["words"]),
        node("mean", "GlobalAveragePooling1D", ["words"]),
        node("both", "Merge", ["top", "mean"], mode="concat", concat_axis=-1, mode_type="raw", dot_axes=-1),
        node("out", "Dense", ["both"], output_dim=2, activation="softmax", bias=True),
    ]
    config = {"class_name": "Model", "config": {"name": "model_1", "layers": nodes, "input_layers": [["ids", 0, 0]],
                                                "output_layers": [["out", 0, 0]]}}  # fmt: skip
    generator = np.random.default_rng(3)
    table, kernel, bias = (generator.normal(size=size).astype(np.float32) for size in ((8, 4), (8, 2), (2,)))
    write(tmp_path / "model.h5", config, {"ids": [], "words": [table], "out": [kernel, bias]})
    answers = load_keras_model(tmp_path / "model.h5").predict(IDS, verbose=0)
    vectors = table[IDS]
    logits = np.concatenate([vectors.max(1), vectors.mean(1)], axis=-1) @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(answers, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("Dense", {"output_dim": 2, "bias": False, "init": "x"}, ("Dense", {"units": 2, "use_bias": False})),
        ("Dropout", {"p": 0.5}, ("Dropout", {"rate": 0.5})),
        ("Convolution1D", {"nb_filter": 3, "border_mode": "half"}, ("Conv1D", {"filters": 3, "padding": "same"})),
        ("AtrousConvolution1D", {"atrous_rate": 2}, ("Conv1D", {"dilation_rate": 2})),
        ("UpSampling1D", {"length": 2}, ("UpSampling1D", {"size": 2})),
        ("Merge", {"name": "m", "mode": "mul"}, ("Multiply", {"name": "m"})),
        ("Merge", {"name": "m", "mode": "dot", "dot_axes": 1}, ("Dot", {"name": "m", "axes": 1})),
        ("Embedding", {"input_dim": 3, "dropout": 0.1}, ("Embedding", {"input_dim": 3})),
    ],
)
def test_names_of_keras_1_become_those_of_keras_2(kind, before, after):
    assert options_of_keras_1(kind, before, "here") == after


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("Merge", {"mode": "cos"}, "merges by 'cos'; expected one of sum, mul"),
        ("Merge", {"mode": {"class_name": "Lambda"}}, "merges by 'Lambda' of None"),
        (
            "Merge",
            {"mode": "sum", "layers": [1]},
            "in a functional model; next: build the model with the functional API",
        ),
        (
            "BatchNormalization",
            {"mode": 1},
            "normalizes by mode 1 of Keras 1, which later releases lack; expected mode 0",
        ),
    ],
)
def test_what_later_releases_lack_is_refused(kind, config, message):
    with pytest.raises(ModelError) as caught:
        options_of_keras_1(kind, config, "here")
    assert str(caught.value).startswith("here: ")
    assert message in str(caught.value)
