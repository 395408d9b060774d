"""A configuration with any value in any place is read, or refused with a sentence; so is what is built from it."""

import copy
import json
from pathlib import Path

import h5py
import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.reading.config_translation import canonical_model
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.model_builder import build_model
from drupelet_export.reading.weight_budget import SLACK, WeightBudget

GOLDEN = Path(__file__).parents[2] / "golden" / "export"


def graph_of_keras_2():
    with h5py.File(GOLDEN / "keras2_graph.h5") as file:
        return json.loads(file.attrs["model_config"])


def graph_of_keras_3():
    ids = keras.Input((6,), dtype="int32")
    vectors = layers.Embedding(8, 4, mask_zero=True)(ids)
    states = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(vectors)
    inner = keras.Sequential([layers.Dense(2, activation=layers.LeakyReLU()), layers.Flatten()])
    summed = keras.ops.concatenate([inner(vectors), states[:, -1, :] * 2.0], axis=-1)
    return json.loads(keras.Model(ids, layers.Dense(1)(summed)).to_json())


def places(value, path=()):
    """The path of every value inside a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in children:
        yield (*path, key)
        yield from places(inner, (*path, key))


def values_inside(value):
    for path in places(value):
        inner = value
        for key in path:
            inner = inner[key]
        yield inner


DOCUMENTS = {"2.15.0": graph_of_keras_2(), "3.1.0": graph_of_keras_3()}
PLACES = {version: list(places(document)) for version, document in DOCUMENTS.items()}
NOTHING_OF_KERAS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["class_name", "config", "module", "name", "args"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def changed(data, version):
    """A document with another value in one place: anything, or a value from elsewhere in it."""
    document = copy.deepcopy(DOCUMENTS[version])
    *path, last = data.draw(st.sampled_from(PLACES[version]))
    inner = document
    for key in path:
        inner = inner[key]
    inner[last] = copy.deepcopy(data.draw(st.one_of(NOTHING_OF_KERAS, st.sampled_from(list(values_inside(document))))))
    return document


@pytest.mark.parametrize("version", [*DOCUMENTS, "1.2.2"])
@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_value_in_any_place_is_read_or_refused(version, data):
    document = changed(data, "2.15.0" if version == "1.2.2" else version)
    try:
        model = canonical_model(document, KerasVersion(version), "here")
    except ModelError as error:
        told = str(error)
    else:
        told = model.where
    assert told.startswith("here: ")


@pytest.mark.parametrize("version", DOCUMENTS)
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_is_built_is_built_or_refused(version, data):
    document = changed(data, version)
    try:
        model = canonical_model(document, KerasVersion(version), "here")
        live, parts = build_model(model, WeightBudget(10_000), {}, "here")
    except ModelError as error:
        assert str(error).startswith("here: ")  # noqa: PT017 - either outcome is right, another error is not
    else:
        assert len(parts) == len(model.layers)
        assert live.count_params() <= 10_000 + SLACK
