"""The layers whose bodies the user gave are named, each once."""

import keras
from keras import layers

from drupelet_export.reading.given_layers import GivenLayer, given_layers
from drupelet_export.reading.replacement import Replacement


def test_each_layer_is_named_once_with_its_function():
    ids = keras.Input((4,))
    make = Replacement("Odd", "folder/blocks.py:make", lambda config: layers.Dense(4, name=config["name"]), "")
    shared, inner = make.layer({"name": "shared"}, "here"), make.layer({"name": "inner"}, "here")
    nested = keras.Sequential([keras.Input((4,)), inner])
    model = keras.Model(ids, layers.Dense(1)(nested(shared(shared(ids)))))
    found = given_layers(model, "here")
    assert sorted(found, key=lambda each: each.name) == [
        GivenLayer("inner", "blocks.py:make"),
        GivenLayer("shared", "blocks.py:make"),
    ]
    assert found[0].sentence().endswith("was given by the user: blocks.py:make.")
