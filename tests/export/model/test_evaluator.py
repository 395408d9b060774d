"""The oracle answers like Keras, edge cases included, and like numbers computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from drupelet.operations.activation_names import ACTIVATIONS
from drupelet.operations.reduce import Reduce
from drupelet_export.model.description import frozen
from drupelet_export.model.evaluator import evaluate_ids, evaluate_text, padded, values_of_text
from drupelet_export.model.oracle.activation import activated
from drupelet_export.reading.keras2_activations import hard_sigmoid_keras2
from drupelet_export.reading.keras_reader import describe_model

IDS = np.array(
    [
        [0, 0, 2, 3, 4, 5],  # leading
        [2, 3, 4, 5, 0, 0],  # trailing
        [6, 0, 0, 1, 7, 2],  # in the middle
        [0, 3, 0, 4, 0, 0],  # everywhere
        [2, 3, 4, 5, 6, 7],  # nowhere
        [0, 0, 0, 0, 0, 0],  # nothing else
    ]
)
MODELS = {
    "LSTM, last state": lambda k: [k.LSTM(3)],
    "LSTM backwards": lambda k: [k.LSTM(3, go_backwards=True)],
    "LSTM, max": lambda k: [k.LSTM(3, return_sequences=True), k.GlobalMaxPooling1D()],
    "LSTM, max, zero_output_for_mask": lambda k: [
        k.LSTM(3, return_sequences=True, zero_output_for_mask=True),
        k.GlobalMaxPooling1D(),
    ],
    "LSTM, average": lambda k: [k.LSTM(3, return_sequences=True), k.GlobalAveragePooling1D()],
    "bidirectional LSTM, last state": lambda k: [k.Bidirectional(k.LSTM(3), merge_mode="sum")],
    "bidirectional LSTM, max": lambda k: [
        k.Bidirectional(k.LSTM(3, return_sequences=True)),
        k.GlobalMaxPooling1D(),
    ],
    "bidirectional GRU, average": lambda k: [
        k.Bidirectional(k.GRU(3, return_sequences=True), merge_mode="mul"),
        k.GlobalAveragePooling1D(),
    ],
    "GRU": lambda k: [k.GRU(3)],
    "GRU, reset before": lambda k: [k.GRU(3, reset_after=False)],
    "stacked": lambda k: [
        k.Bidirectional(k.GRU(3, return_sequences=True), merge_mode="ave"),
        k.LSTM(2, return_sequences=True, zero_output_for_mask=True),
        k.LSTM(3),
    ],
    "unusual activations": lambda k: [k.LSTM(3, activation="relu", recurrent_activation="hard_sigmoid")],
}


@pytest.mark.parametrize("masked", [True, False], ids=["masked", "unmasked"])
@pytest.mark.parametrize("name", MODELS)
def test_answers_are_those_of_keras(keras_chain, text_options, name, masked):
    from keras import layers

    model = keras_chain(layers.Embedding(8, 4, mask_zero=masked), *MODELS[name](layers), layers.Dense(2), length=6)
    description = describe_model(model, text_options(padding="pre"), name)
    expected = model.predict(IDS, verbose=0)
    answers = np.array([evaluate_ids(description, row) for row in IDS])
    np.testing.assert_allclose(answers, expected, atol=2e-6)
    assert np.isnan(answers).any() == ("average" in name and masked)


OTHER_NAMES = {
    "hard_sigmoid_2": lambda k: hard_sigmoid_keras2,
    "gelu": lambda k: lambda x: k.activations.gelu(x, approximate=False),
    "gelu_tanh": lambda k: lambda x: k.activations.gelu(x, approximate=True),
    "bounded_relu": lambda k: k.layers.ReLU(1.5, 0.25, 0.5, dtype="float64"),
    "leaky_relu": lambda k: lambda x: k.activations.leaky_relu(x, 0.5),
    "elu": lambda k: lambda x: k.activations.elu(x, 0.5),
    "celu": lambda k: lambda x: k.activations.celu(x, 0.5),
    "soft_shrink": lambda k: lambda x: k.activations.soft_shrink(x, 0.5),
    "hard_shrink": lambda k: lambda x: k.activations.hard_shrink(x, 0.5),
    "squareplus": lambda k: lambda x: k.activations.squareplus(x, 0.5),
    "threshold": lambda k: lambda x: k.activations.threshold(x, 0.5, 0.25),
}
"""Activations with parameters, and those with another name in Keras. alpha is 0.5."""
PARAMETERS = {"bounded_relu": (0.25, 1.5, 0.5), "threshold": (0.5, 0.25, 0.0)}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_those_of_keras(name):
    import keras

    x = np.array([-100.0, -4.0, -3.0, -1.5, -0.5, -0.3, -1e-3, 0.0, 1e-3, 0.3, 0.5, 0.7, 1.5, 3.0, 4.0, 100.0])
    function = OTHER_NAMES.get(name, lambda k: getattr(k.activations, name))(keras)
    expected = np.asarray(function(keras.ops.convert_to_tensor(x, "float64")))
    np.testing.assert_allclose(
        activated(name, x, *PARAMETERS.get(name, (0.5, 0.0, 0.0))), expected, rtol=1e-6, atol=1e-7
    )


def one_unit(model, **weights):
    """A model with one recurrent unit of these weights, word vectors of one number, and a head that returns the state."""
    tensors = dict(model.tensors)
    tensors["embedding.0.table"] = frozen([[0], [0], [0.5], [-1], [0], [0], [0], [0]])
    tensors |= {f"recurrent.1.forward.{role}": frozen(held) for role, held in weights.items()}
    return replace(model, tensors=tensors | {"dense.2.kernel": frozen([[2]]), "dense.2.bias": frozen([10])})


def test_one_lstm_step_by_hand(random_model):
    model = random_model(units=1, embedding_dim=1)
    model = one_unit(model, kernel=[[1, 2, 3, 4]], recurrent_kernel=[[0, 0, 0, 0]], bias=[0.1, 0.2, 0.3, 0.4])
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    c = sigmoid(0.6) * np.tanh(1.8)  # input gate times candidate; the forget gate has nothing to keep yet
    expected = 10 + 2 * sigmoid(2.4) * np.tanh(c)
    assert evaluate_ids(model, [2])[0] == pytest.approx(expected, abs=1e-7)


def test_one_gru_step_by_hand(random_model):
    model = random_model(("gru forward",), units=1, embedding_dim=1)
    bias = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    model = one_unit(model, kernel=[[1, 2, 3]], recurrent_kernel=[[0, 0, 0]], bias=bias)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    z, r = sigmoid(0.5 + 0.1 + 0.4), sigmoid(1.0 + 0.2 + 0.5)
    expected = 10 + 2 * (1 - z) * np.tanh(1.5 + 0.3 + r * 0.6)
    assert evaluate_ids(model, [2])[0] == pytest.approx(expected, abs=1e-7)


def test_a_text_without_tokens_leaves_the_initial_state(random_model):
    model = random_model()
    assert evaluate_text(model, "") == pytest.approx(model.tensors["dense.2.bias"])
    average = random_model(pooling="average")
    assert np.isnan(evaluate_text(average, "")).all()


def test_zero_below_adds_zeros_to_the_maximum_of_short_texts(random_model):
    model = random_model(pooling="max", masking="exact", max_tokens=5)
    plain = evaluate_ids(model, [2, 3, 4])

    def below(tokens):
        nodes = list(model.nodes)
        nodes[2] = replace(nodes[2], operation=Reduce("max", tokens))
        return replace(model, nodes=tuple(nodes))

    assert evaluate_ids(below(3), [2, 3, 4]) == pytest.approx(plain)
    steps = random_model(pooling="max", masking="mask", max_tokens=5, padding="pre")
    assert evaluate_ids(below(4), [2, 3, 4]) == pytest.approx(evaluate_ids(steps, [0, 0, 2, 3, 4]))


def test_every_value_of_a_text(random_model):
    model = random_model(pooling="average", max_tokens=5, padding="post")
    values = values_of_text(model, "the film")
    assert [value.shape for value in values] == [(5,), (5, 4), (5, 3), (3,), (1,)]
    assert values[0].tolist() == [2, 3, 0, 0, 0]


@pytest.mark.parametrize(
    ("padding", "max_tokens", "expected"),
    [(None, None, [2]), ("pre", 3, [0, 0, 2]), ("post", 3, [2, 0, 0]), (None, 3, [0, 0, 2])],
)
def test_padded(random_model, padding, max_tokens, expected):
    model = random_model(padding=padding, max_tokens=max_tokens)
    assert padded(model, [2]) == expected
    assert padded(model, []) == [0] * (max_tokens or 1)
