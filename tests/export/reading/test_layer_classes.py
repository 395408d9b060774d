"""The list of classes that are built is one of classes that Keras has, without code of a file."""

import keras
import pytest

from drupelet_export.reading.layer_classes import (
    ACTIVATIONS,
    CELLS,
    LAYERS,
    OPERATIONS,
    RECURRENT,
    closest,
    is_of_keras,
)
from drupelet_export.reading.layer_options import operation_class


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_every_layer_is_one_of_keras(name):
    assert issubclass(getattr(keras.layers, name), keras.layers.Layer)


def test_no_layer_runs_code_or_wraps_a_graph():
    assert not LAYERS & {
        "Lambda",
        "TFSMLayer",
        "JaxLayer",
        "FlaxLayer",
        "TorchModuleWrapper",
        "Wrapper",
        "Layer",
        "Pipeline",
    }
    assert not OPERATIONS.keys() & {"Map", "Scan", "WhileLoop", "Cond", "Switch", "VectorizedMap"}
    assert CELLS | RECURRENT <= LAYERS


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_is_one_of_keras(name):
    assert issubclass(operation_class(name), keras.Operation)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_activation_is_one_of_keras(name):
    assert callable(keras.activations.get(name))


@pytest.mark.parametrize(
    ("module", "known"),
    [
        (None, True), ("keras.layers", True), ("tf_keras.src.engine", True), ("keras.src.ops.numpy", True),
        ("tensorflow.python.keras.layers", True), ("kerashostile", False), ("os", False), ("hostile.keras", False), (3, False),
    ],
)  # fmt: skip
def test_modules_of_keras(module, known):
    assert is_of_keras(module) is known


def test_the_closest_layer_is_named():
    assert closest("GlobalMaxPoling1D") == " (closest: GlobalMaxPooling1D)"
    assert closest("Own") == ""
