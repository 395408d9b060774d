"""The oracle answers like Keras, edge cases included, and like numbers computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from drupelet.operations.reduce import Reduce
from drupelet_export.model.description import frozen
from drupelet_export.model.evaluator import evaluate_ids, evaluate_text, padded
from drupelet_export.passes import PIPELINE, run_passes
from drupelet_export.reading.keras_reader import describe_model
from export.changes import TABLE, with_tensor

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


def one_unit(model, kernel, recurrent_kernel, bias):
    """A model with one recurrent unit of these weights, word vectors of one number, and a head that returns the state."""
    model = with_tensor(model, TABLE, frozen([[0], [0], [0.5], [-1], [0], [0], [0], [0]]))
    for role, array in (("kernel", kernel), ("recurrent_kernel", recurrent_kernel), ("bias", bias)):
        model = with_tensor(model, f"recurrent.1.forward.{role}", frozen(array))
    return with_tensor(with_tensor(model, "dense.2.kernel", frozen([[2]])), "dense.2.bias", frozen([10]))


def test_one_lstm_step_by_hand(random_model):
    model = random_model(units=1, embedding_dim=1)
    model = one_unit(model, [[1, 2, 3, 4]], [[0, 0, 0, 0]], [0.1, 0.2, 0.3, 0.4])
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    c = sigmoid(0.6) * np.tanh(1.8)  # input gate times candidate; the forget gate has nothing to keep yet
    expected = 10 + 2 * sigmoid(2.4) * np.tanh(c)
    assert evaluate_ids(model, [2])[0] == pytest.approx(expected, abs=1e-7)


def test_one_gru_step_by_hand(random_model):
    model = random_model(("gru forward",), units=1, embedding_dim=1)
    model = one_unit(model, [[1, 2, 3]], [[0, 0, 0]], [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
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
    def with_zeros(model, below):
        nodes = (
            replace(node, operation=Reduce("max", below)) if node.layer == "pooling" else node for node in model.nodes
        )
        return replace(model, nodes=tuple(nodes))

    model = random_model(pooling="max", masking="exact", max_tokens=5)
    plain = evaluate_ids(model, [2, 3, 4])
    assert evaluate_ids(with_zeros(model, 3), [2, 3, 4]) == pytest.approx(plain)
    masked = random_model(pooling="max", padding="pre", max_tokens=5)
    expected = evaluate_ids(masked, [0, 0, 2, 3, 4])
    assert evaluate_ids(with_zeros(model, 4), [2, 3, 4]) == pytest.approx(expected)
    assert evaluate_ids(run_passes(masked, PIPELINE), [2, 3, 4]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("padding", "max_tokens", "expected"),
    [(None, None, [2]), ("pre", 3, [0, 0, 2]), ("post", 3, [2, 0, 0]), (None, 3, [0, 0, 2])],
)
def test_padded(random_model, padding, max_tokens, expected):
    model = random_model(padding=padding, max_tokens=max_tokens)
    assert padded(model, [2]) == expected
    assert padded(model, []) == [0] * (max_tokens or 1)
