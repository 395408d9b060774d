import itertools

import keras
import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet_train.config import TrainConfig
from drupelet_train.network.model import EMBEDDING, build_model, class_probabilities, input_kernel, plain_model

ROWS = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)


def config(**changes):
    return TrainConfig(**{"embedding": "random", "embedding_dim": 4, "units": 3, **changes})


def layer_kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_the_reference_is_the_tutorials_network():
    model = build_model(TrainConfig(), np.zeros((20_000, 50), np.float32), 2)
    kinds = layer_kinds(model)
    assert kinds == ["InputLayer", "Embedding", "SpatialDropout1D", "FastLSTM", "Dropout", "Dense"]
    assert model.count_params() == 20_000 * 50 + 4 * 64 * (50 + 64 + 1) + 64 * 2 + 2
    assert model.get_layer(EMBEDDING).mask_zero
    assert model.output_shape == (None, 2)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"dropout": 0, "head_dropout": 0}, ["InputLayer", "Embedding", "FastLSTM", "Dense"]),
        (
            {"dropout": 0, "head_dropout": 0, "layers": 2, "cell": "gru"},
            ["InputLayer", "Embedding", "GRU", "GRU", "Dense"],
        ),
        (
            {"dropout": 0, "head_dropout": 0, "bidirectional": True, "pooling": "max"},
            ["InputLayer", "Embedding", "Bidirectional", "GlobalMaxPooling1D", "Dense"],
        ),
        (
            {"dropout": 0, "head_dropout": 0, "pooling": "average"},
            ["InputLayer", "Embedding", "FastLSTM", "GlobalAveragePooling1D", "Dense"],
        ),
        (
            {"dropout": 0, "head_dropout": 0, "pooling": "max+average"},
            [
                "InputLayer",
                "Embedding",
                "FastLSTM",
                "GlobalMaxPooling1D",
                "GlobalAveragePooling1D",
                "Concatenate",
                "Dense",
            ],
        ),
    ],
)
def test_settings_choose_the_layers(changes, kinds):
    assert layer_kinds(build_model(config(**changes), ROWS, 3)) == kinds


def test_the_embedding_holds_the_rows_and_may_be_frozen():
    model = build_model(config(embedding_learning_rate=0), ROWS, 2)
    np.testing.assert_array_equal(model.get_layer(EMBEDDING).get_weights()[0], ROWS)
    assert model.get_layer(EMBEDDING).trainable_variables == []


@pytest.mark.parametrize("changes", [{}, {"cell": "gru"}, {"layers": 2}, {"bidirectional": True, "layers": 2}])
def test_the_input_kernel_is_what_rows_are_multiplied_with(changes):
    model = build_model(config(dropout=0, **changes), ROWS, 2)
    first = [weight for weight in model.layers[2].weights if weight.path.endswith("cell/kernel")]
    assert len(first) == (2 if changes.get("bidirectional") else 1)
    np.testing.assert_array_equal(input_kernel(model), np.concatenate([weight.numpy() for weight in first], axis=1))


def test_the_weights_follow_from_the_seed():
    weights = [build_model(config(seed=seed), ROWS, 2).get_weights() for seed in (1, 1, 2)]
    assert all(np.array_equal(one, other) for one, other in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(one, other) for one, other in zip(weights[0], weights[2], strict=True))


def test_a_sigmoid_answers_for_two_classes_only():
    with pytest.raises(InputError, match=r'output is "sigmoid" for 3 classes, expected 2; set output = "softmax"'):
        build_model(config(output="sigmoid"), ROWS, 3)
    model = build_model(config(output="sigmoid"), ROWS, 2)
    p = model(np.array([[2, 3]], np.int32))
    assert p.shape == (1, 1)
    both = keras.ops.convert_to_numpy(class_probabilities(p))
    np.testing.assert_allclose(both, [[1 - float(p[0, 0]), float(p[0, 0])]], rtol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"bidirectional": True, "cell": "gru"},
        {"pooling": "max"},
        {"pooling": "average"},
        {"pooling": "max+average"},
    ],
)
@pytest.mark.parametrize("padding", ["pre", "post"])
def test_one_column_of_padding_answers_like_many(changes, padding):
    model = build_model(config(**changes), ROWS, 2)
    for text, columns in itertools.product([[2, 3, 4], [5]], [4, 5, 9]):
        zeros = [0] * (columns - len(text))
        padded = zeros + text if padding == "pre" else text + zeros
        narrow = [0, *text] if padding == "pre" else [*text, 0]
        wide, one = (keras.ops.convert_to_numpy(model(np.array([ids], np.int32))) for ids in (padded, narrow))
        np.testing.assert_allclose(wide, one, atol=1e-6)


@pytest.mark.parametrize("changes", [{}, {"bidirectional": True, "pooling": "max"}, {"layers": 2}, {"cell": "gru"}])
def test_a_plain_model_is_of_keras_alone_and_answers_alike(changes):
    trained = build_model(config(**changes), ROWS, 2)
    trained.set_weights([weights + 0.1 for weights in trained.get_weights()])
    plain = plain_model(config(**changes), trained, 2)
    assert "FastLSTM" not in plain.to_json()
    ids = np.array([[0, 0, 1, 2, 8], [3, 4, 5, 6, 7]], np.int32)
    np.testing.assert_allclose(plain(ids), trained(ids), atol=1e-6)
