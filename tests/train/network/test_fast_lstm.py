import keras
import numpy as np
import pytest
import tensorflow as tf

from drupelet_train.network.fast_lstm import FastLSTM

IDS = np.array([[0, 0, 3, 1, 2], [4, 0, 2, 0, 1], [0, 0, 0, 0, 0], [5, 4, 3, 2, 1]], np.int32)
TARGETS = np.random.default_rng(1).normal(size=(4, 6)).astype(np.float32)


def network(lstm, pooling, wrap):
    layers = keras.layers
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(6, 4, mask_zero=True)(ids)
    x = wrap(lstm(3, return_sequences=True))(x)
    x = wrap(lstm(3, return_sequences=pooling is not None))(x)
    if pooling is not None:
        x = pooling()(x)
    return keras.Model(ids, layers.Dense(6)(x))


def answers_and_gradients(model, ids):
    with tf.GradientTape() as tape:
        output = model(ids, training=True)
        loss = tf.reduce_sum((output - TARGETS) ** 2)
    return output.numpy(), [
        tf.convert_to_tensor(gradient).numpy() for gradient in tape.gradient(loss, model.trainable_variables)
    ]


@pytest.mark.parametrize("ids", [IDS, IDS[:, ::-1]], ids=["padded before", "padded behind"])
@pytest.mark.parametrize("pooling", [None, keras.layers.GlobalMaxPooling1D, keras.layers.GlobalAveragePooling1D])
@pytest.mark.parametrize("wrap", [lambda layer: layer, keras.layers.Bidirectional], ids=["one way", "both ways"])
def test_it_answers_and_learns_like_keras(wrap, pooling, ids):
    keras.utils.set_random_seed(2)
    slow, fast = (network(lstm, pooling, wrap) for lstm in (keras.layers.LSTM, FastLSTM))
    fast.set_weights(slow.get_weights())
    # An average over no token is no number.
    rows = ids[[0, 1, 3, 3]] if pooling is keras.layers.GlobalAveragePooling1D else ids
    expected, expected_gradients = answers_and_gradients(slow, rows)
    output, gradients = answers_and_gradients(fast, rows)
    np.testing.assert_allclose(output, expected, atol=2e-6)
    for gradient, expected_gradient in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, expected_gradient, atol=2e-5, rtol=1e-4)
