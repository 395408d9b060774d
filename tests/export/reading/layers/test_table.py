"""Classes are told by identity."""

import keras
from keras import layers

from drupelet_export.reading.layers.table import FAMILIES, layer_names, readers


def test_each_class_is_in_one_family():
    assert len(readers()) == sum(len(family.table()) for family in FAMILIES)
    assert all(kind.__module__.startswith("keras.") for kind in readers())


def test_names_are_those_of_layers():
    assert {"LSTM", "Conv1D", "MultiHeadAttention"} <= set(layer_names())
    assert "GetItem" not in layer_names()
    assert all(hasattr(layers, name) for name in layer_names())


def test_a_class_with_the_same_name_is_another_one():
    assert type("Dense", (keras.layers.Dense,), {}) not in readers()
