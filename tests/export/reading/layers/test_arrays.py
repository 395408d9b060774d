"""Weights of layers as arrays."""

import numpy as np
from keras import layers

from drupelet_export.reading.layers.arrays import array_of, bias_of


def test_weights_are_float32_whatever_the_layer_computes_in():
    layer = layers.Dense(3, dtype="mixed_float16")
    layer.build((None, 2))
    layer.kernel.assign(np.full((2, 3), 0.1))
    assert array_of(layer.kernel).dtype == np.float32
    np.testing.assert_array_equal(array_of(layer.kernel), np.full((2, 3), 0.1, np.float32))


def test_a_bias_that_is_not_there_is_zeros():
    layer = layers.Dense(3, use_bias=False)
    layer.build((None, 2))
    assert bias_of(layer, 3).tolist() == [0, 0, 0]
