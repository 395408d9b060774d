"""A layer that Keras does not know is read through the body that its user gives."""

import hashlib

import keras
import numpy as np
import pytest
from keras import layers, ops

from drupelet.errors import InputError
from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.owner_function import OwnerFunctionError
from drupelet_export.reading.replacement import Replacement, is_replacement, load_replacements

IDS = np.array([[0, 2, 3, 4, 5, 6], [6, 7, 0, 1, 0, 0]])


class TokenAndPosition(layers.Layer):
    """Embeddings of words and of their places, as in many examples."""

    def __init__(self, length=6, **more):
        super().__init__(**more)
        self.words, self.places = layers.Embedding(8, 4), layers.Embedding(length, 4)

    def call(self, ids):
        return self.words(ids) + self.places(ops.arange(ops.shape(ids)[-1]))


class Block(layers.Layer):
    """An encoder block of a transformer."""

    def __init__(self, **more):
        super().__init__(**more)
        self.attention, self.norm = layers.MultiHeadAttention(2, 2), layers.LayerNormalization()
        self.inner, self.drop = keras.Sequential([layers.Dense(5, "relu"), layers.Dense(4)]), layers.Dropout(0.1)

    def call(self, x, training=False):
        y = self.norm(x + self.drop(self.attention(x, x), training=training))
        return y + self.inner(y)


class OwnAttention(layers.Layer):
    """Attention with weights of its own, which uses the mask."""

    def __init__(self, **more):
        super().__init__(**more)
        self.supports_masking = True

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 1), name="w")
        self.b = self.add_weight(shape=(shape[1], 1), name="b")

    def call(self, x, mask=None):
        scores = ops.tanh(ops.matmul(x, self.w) + self.b)
        if mask is not None:
            scores = ops.where(ops.expand_dims(mask, -1), scores, -1e9)
        return ops.sum(x * ops.softmax(scores, axis=1), axis=1)

    def compute_mask(self, inputs, mask=None):
        return None


def made(layer):
    """The layer, as a replacement."""
    return Replacement("odd", "blocks.py:make", lambda config: layer, "").layer({}, "here")


def compared(model, text_options, **more):
    generator = np.random.default_rng(5)
    for weight in model.trainable_weights:
        weight.assign(generator.uniform(-1, 1, weight.shape))
    description = describe_model(model, text_options(padding="pre", max_tokens=6, **more), "model")
    answers = [evaluate_ids(description, row) for row in IDS]
    np.testing.assert_allclose(answers, np.asarray(model(IDS)), atol=1e-5)
    return [node.operation.name for node in description.nodes]


def test_a_transformer_of_classes(text_options):
    ids = keras.Input((6,), dtype="int32")
    x = made(Block())(made(TokenAndPosition())(ids))
    names = compared(keras.Model(ids, layers.Dense(1)(layers.GlobalAveragePooling1D()(x))), text_options)
    assert names[:4] == ["embedding", "scale_shift", "prelu", "merge"]
    assert names.count("attention") == 1


@pytest.mark.parametrize("mask", [False, True])
def test_a_layer_with_weights_and_a_mask_of_its_own(text_options, mask):
    ids = keras.Input((6,), dtype="int32")
    x = layers.LSTM(4, return_sequences=True)(layers.Embedding(8, 4, mask_zero=mask)(ids))
    names = compared(keras.Model(ids, layers.Dense(1)(made(OwnAttention())(x))), text_options)
    assert ("embedding" in names[1:]) is mask
    assert "softmax" in names


def test_a_function_of_the_inputs(text_options):
    body = Replacement("lambda", "blocks.py:make", lambda config: lambda x: ops.mean(x, axis=1) * config["factor"], "")
    ids = keras.Input((6,), dtype="int32")
    layer = body.layer({"factor": 2.0, "name": "lambda"}, "here")
    assert is_replacement(layer)
    assert layer.name == "lambda"
    names = compared(keras.Model(ids, layers.Dense(1)(layer(layers.Embedding(8, 4)(ids)))), text_options)
    assert names == ["embedding", "reduce", "scale_shift", "dense"]


def test_a_layer_that_was_not_named_is_refused(text_options):
    ids = keras.Input((6,), dtype="int32")
    model = keras.Model(
        ids, layers.Dense(1)(layers.GlobalMaxPooling1D()(Block(name="odd")(layers.Embedding(8, 4)(ids))))
    )
    with pytest.raises(
        ModelError, match=r"'odd' \(Block\): a class that is not Keras's own, .* --replace Block=FILE.py"
    ):
        describe_model(model, text_options(padding="pre"), "model")


class ByValue(layers.Layer):
    """A layer that looks at numbers."""

    def call(self, x):
        return ops.sum(x, axis=1) if isinstance(x, keras.KerasTensor) and float(x) > 0 else ops.max(x, axis=1)

    def compute_output_shape(self, shape):
        return (shape[0], shape[2])


class Outer(layers.Layer):
    """A layer with a layer of the user's own inside, and with a Lambda."""

    def __init__(self, **more):
        super().__init__(**more)
        self.inner, self.twice = OwnAttention(), layers.Lambda(lambda x: x * 2.0)

    def call(self, x):
        return self.twice(self.inner(x))


@pytest.mark.parametrize("nested", [False, True])
def test_what_the_body_is_made_of_may_be_the_users_own_too(text_options, nested):
    ids = keras.Input((6,), dtype="int32")
    body = made(keras.Sequential([keras.Input((6, 4)), Outer()])) if nested else made(Outer())
    names = compared(keras.Model(ids, layers.Dense(1)(body(layers.Embedding(8, 4)(ids)))), text_options)
    assert names[-2:] == ["scale_shift", "dense"]


def test_what_a_body_cannot_be_made_of_is_named_with_the_function(text_options):
    ids = keras.Input((6,), dtype="int32")
    body = made(keras.Sequential([keras.Input((6, 4)), layers.Conv1DTranspose(4, 2), layers.GlobalMaxPooling1D()]))
    model = keras.Model(ids, layers.Dense(1)(body(layers.Embedding(8, 4)(ids))))
    with pytest.raises(
        ModelError, match=r"\(Conv1DTranspose\): not supported; write the body, blocks.py:make, without it; supported"
    ):
        describe_model(model, text_options(padding="pre"), "model")


def test_a_body_that_cannot_be_read_is_refused(text_options):
    ids = keras.Input((6,), dtype="int32")
    layer = ByValue(name="odd")
    layer.compute_output_spec = lambda x: keras.KerasTensor((None, 4))
    layer.__dict__["drupelet_replacement"] = "blocks.py:make"
    model = keras.Model(ids, layers.Dense(1)(layer(layers.Embedding(8, 4)(ids))))
    with pytest.raises(
        ModelError, match=r"'odd' \(ByValue\): its body, blocks.py:make, cannot be read: .*; expected one of"
    ):
        describe_model(model, text_options(padding="pre"), "model")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "blocks.py"
    path.write_text(
        "from keras import layers\n"
        "def make(config):\n    return layers.Dense(config['units'])\n"
        "def number(config):\n    return 3\n"
        "def broken(config):\n    return config['missing']\n"
        "class Own(layers.Dense):\n    pass\n"
    )
    return path


def test_functions_are_loaded_by_name(file):
    odd, number = load_replacements([f"Odd={file}:make", f"dense_1={file}:number"])
    assert (odd.name, odd.said) == ("Odd", f"--replace Odd={file}:make")
    assert odd.sha256 == number.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert odd.layer({"units": 3}, "here").units == 3
    with pytest.raises(
        InputError, match=r"here: --replace dense_1=.*: returned 3, expected a layer of Keras, or a function"
    ):
        number.layer({}, "here")


def test_a_class_is_made_of_the_configuration_in_float32(file):
    [own] = load_replacements([f"Odd={file}:Own"])
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
    layer = own.layer({"name": "odd", "units": 5, "dtype": policy, "batch_input_shape": [None, 4]}, "here")
    assert (layer.name, layer.units, layer.compute_dtype) == ("odd", 5, "float32")
    assert is_replacement(layer)
    with pytest.raises(OwnerFunctionError, match=r"here: --replace Odd=.*: your own class raised; (.*\n)+.*'unit'"):
        own.layer({"unit": 5}, "here")


def test_errors_of_the_user_are_shown_as_theirs(file):
    [broken] = load_replacements([f"Odd={file}:broken"])
    with pytest.raises(
        OwnerFunctionError, match=r"here: --replace Odd=.*: your own function raised; .*\n(.*\n)*.*missing"
    ):
        broken.layer({}, "here")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["Odd"], r"--replace 'Odd': expected NAME=FILE.py:function, such as"),
        (["=x.py:f"], r"--replace '=x.py:f': expected NAME=FILE.py:function"),
        (["Odd=nothing.py:f"], r"--replace 'nothing.py:f': nothing.py is not a file"),
        (["Odd=FILE:other"], r"--replace '.*': .*blocks.py has no function 'other'; it has make, number, broken"),
        (["Odd=FILE:make", "Odd=FILE:number"], r"'Odd' is replaced twice, expected one function for it"),
    ],
)
def test_what_cannot_be_loaded_is_refused(file, given, message):
    with pytest.raises(InputError, match=message):
        load_replacements([each.replace("FILE", str(file)) for each in given])
