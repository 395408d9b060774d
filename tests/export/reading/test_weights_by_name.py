"""Weights find their layers, by place or by name. Weights that are missing, left over or of another shape are refused."""

import io

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.reading.keras_file import load_keras_model

IDS = np.array([[1, 2, 3, 4], [5, 0, 1, 0]])


def chain():
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Embedding(8, 4, name="words"),
            layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both"),
            keras.Sequential(
                [layers.Dense(2, name="one"), layers.BatchNormalization(), layers.Dense(2, name="two")], name="in"
            ),
            layers.Flatten(),
            layers.Dense(1, name="out"),
        ]
    )


@pytest.fixture
def saved(tmp_path):
    """A model, with paths of its architecture, of its weights by place and of the whole by name."""
    model = chain()
    generator = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(generator.uniform(0.2, 1, weight.shape))
    (tmp_path / "model.json").write_text(model.to_json())
    model.save_weights(tmp_path / "placed.weights.h5")
    model.save(tmp_path / "named.h5")
    return model, tmp_path


def load(path, name):
    return load_keras_model(path / name, path / "model.json" if "weights" in name else None)


@pytest.mark.parametrize("name", ["placed.weights.h5", "named.h5"])
def test_weights_find_their_layers(saved, name):
    model, path = saved
    np.testing.assert_allclose(load(path, name).predict(IDS, verbose=0), model.predict(IDS, verbose=0), atol=1e-6)


def change(path, name, edit):
    with h5py.File(path / name, "r+") as file:
        edit(file)
    with pytest.raises(ModelError) as caught:
        load(path, name)
    return str(caught.value)


def test_weights_that_are_not_there_are_named(saved):
    _, path = saved
    told = change(path, "placed.weights.h5", lambda file: file.__delitem__("layers/embedding/vars/0"))
    assert (
        "layer 0 of 7, 'words' (Embedding): the file has 0 weights in 'layers/embedding/vars', expected 1; next: save"
        in told
    )

    def forget(file):
        file["model_weights/both"].attrs["weight_names"] = file["model_weights/both"].attrs["weight_names"][:4]

    assert "layer 1 of 7, 'both' (Bidirectional): the file has 4 weights, expected 6" in change(
        path, "named.h5", forget
    )


def test_a_layer_without_weights_in_the_file_is_named(saved):
    _, path = saved

    def forget(file):
        names = file["model_weights"].attrs["layer_names"]
        file["model_weights"].attrs["layer_names"] = [name for name in names if name != "out"]

    told = change(path, "named.h5", forget)
    assert "has weights for the layers 'words', 'both', 'in', expected some for 'out' too; next: " in told


def test_weights_of_another_model_are_named(saved):
    _, path = saved

    def add(file):
        file["model_weights"].attrs["layer_names"] = [*file["model_weights"].attrs["layer_names"], "more"]
        file["model_weights"].create_group("more").attrs["weight_names"] = ["x"]

    assert "has weights for 'more', which the model does not have" in change(path, "named.h5", add)


@pytest.mark.parametrize(
    ("name", "place"), [("placed.weights.h5", "layers/dense/vars/0"), ("named.h5", "model_weights/out")]
)
def test_a_weight_of_another_shape_is_named(saved, name, place):
    _, path = saved

    def turn(file):
        weights = file["model_weights"]["out"] if name == "named.h5" else None
        where = f"{place}/{weights.attrs['weight_names'][0]}" if weights is not None else place
        array = file[where][()].T
        del file[where]
        file[where] = array

    told = change(path, name, turn)
    assert (
        "layer 6 of 7, 'out' (Dense): its weight 'kernel' has the shape (1, 8) in the file, expected (8, 1); next: "
        in told
    )


def test_a_nested_model_with_other_counts_is_named(saved):
    _, path = saved

    def forget(file):
        file["model_weights/in"].attrs["weight_names"] = file["model_weights/in"].attrs["weight_names"][:-1]

    assert "model 'in': the file has 7 weights for it, expected 8" in change(path, "named.h5", forget)


def test_layers_are_taken_in_order_where_names_differ(saved):
    """As Keras does: the architecture may have been written by another run, which counted its layers on."""
    model, path = saved
    other = (path / "model.json").read_text().replace('"words"', '"words_3"').replace('"out"', '"out_3"')
    (path / "model.json").write_text(other)
    with h5py.File(path / "named.h5") as source, h5py.File(path / "order.weights.h5", "w") as target:
        for name, value in source["model_weights"].attrs.items():
            target.attrs[name] = value
        for name in source["model_weights"]:
            source.copy(f"model_weights/{name}", target)
    np.testing.assert_allclose(
        load(path, "order.weights.h5").predict(IDS, verbose=0), model.predict(IDS, verbose=0), atol=1e-6
    )


def test_weights_of_a_nested_model_without_names_are_taken_in_the_order_of_keras(saved):
    """First what training changes, layer by layer, then what it does not."""
    model, path = saved
    with h5py.File(path / "named.h5", "r+") as file:
        group = file["model_weights/in"]
        arrays = [
            weight.numpy() for weight in model.layers[2].trainable_weights + model.layers[2].non_trainable_weights
        ]
        for number, array in enumerate(arrays):
            group[f"w{number}"] = array
        group.attrs["weight_names"] = [f"w{number}" for number in range(len(arrays))]
    np.testing.assert_allclose(load(path, "named.h5").predict(IDS, verbose=0), model.predict(IDS, verbose=0), atol=1e-6)


def test_an_empty_file_of_weights_is_refused(saved):
    _, path = saved
    place = io.BytesIO()
    with h5py.File(place, "w") as file:
        file.create_group("layers")
    (path / "empty.weights.h5").write_bytes(place.getvalue())
    with pytest.raises(
        ModelError, match=r"'words' \(Embedding\): the file has 0 weights in 'layers/embedding/vars', expected 1"
    ):
        load(path, "empty.weights.h5")
