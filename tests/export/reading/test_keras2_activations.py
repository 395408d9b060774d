"""Activations whose meaning changed with Keras 3."""

import keras
import numpy as np

from drupelet_export.reading.keras2_activations import hard_sigmoid_keras2


def test_hard_sigmoid_of_keras_2_is_steeper():
    x = np.array([-3, -2.5, -1, 0, 1, 2.5, 3], np.float32)
    np.testing.assert_allclose(hard_sigmoid_keras2(x), [0, 0, 0.3, 0.5, 0.7, 1, 1], atol=1e-6)
    assert np.abs(hard_sigmoid_keras2(x) - np.asarray(keras.activations.hard_sigmoid(x))).max() > 0.03
