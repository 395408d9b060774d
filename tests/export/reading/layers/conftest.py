"""Networks of one layer, for the functions that read layers."""

import keras
import numpy as np
import pytest
from keras import layers

from drupelet.text.named import ALNUM
from drupelet_export.model.description import check
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.settlement import Settled
from drupelet_export.reading.text_options import TextOptions

LENGTH = 7
IDS = np.array([[0, 0, 2, 3, 4, 5, 6], [6, 7, 0, 1, 7, 0, 0], [1, 2, 3, 4, 5, 6, 7]])


def model_of(function, mask=False):
    """The Keras model of an embedding (B, 7, 4), what ``function`` makes of it, and a maximum over steps if steps are left."""
    ids = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(8, 4, mask_zero=mask, name="words")(ids)
    y = function(x)
    if len(y.shape) == 3:
        y = layers.GlobalMaxPooling1D(name="last")(y)
    model = keras.Model(ids, y)
    generator = np.random.default_rng(3)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.name else -1.0
        if weight.dtype == "float32":
            weight.assign(generator.uniform(low, 1.5, weight.shape))
    return model


def described(model):
    """The description of a model of ``model_of``, for texts padded in front."""
    settled = Settled(
        ALNUM.__class__(**{**vars(ALNUM), "max_tokens": LENGTH, "unknown_id": 1}),
        (None, None, *(f"w{number}" for number in range(2, 8))),
        "pre",
        (),
    )
    classes = max(2, model.output_shape[-1])
    return describe_model(model, TextOptions(tuple(f"c{number}" for number in range(classes)), settled), "model")


@pytest.fixture(scope="session")
def agree():
    """A function that reads the network of a function, compares it with Keras, and returns the names of its operations.

    The embedding and the maximum at the end are left out.
    """

    def run(function, mask=False):
        model = model_of(function, mask)
        description = described(model)
        check(description)
        answers = np.array([evaluate_ids(description, row) for row in IDS])
        if description.output == "softmax":
            powers = np.exp(answers - answers.max(axis=-1, keepdims=True))
            answers = powers / powers.sum(axis=-1, keepdims=True)
        if description.output == "sigmoid":
            answers = 1 / (1 + np.exp(-answers))
        np.testing.assert_allclose(answers, np.asarray(model(IDS, training=False)), atol=1e-5, rtol=1e-5)
        nodes = description.nodes[1:-1] if description.nodes[-1].layer == "last" else description.nodes[1:]
        return [node.operation.name + ("*" if node.masked else "") for node in nodes]

    return run


@pytest.fixture(scope="session")
def describe_network():
    """A function that reads the network of a function."""
    return lambda function, mask=False: described(model_of(function, mask))
