"""Models with a layer of their owner's own answer as the original, or an error says what is wrong with its body."""

import json
import re
import sys

import keras
import numpy as np
import pytest
from keras import layers, ops

from drupelet.cli.main import main
from drupelet.goldens import read_goldens
from drupelet.text.named import ALNUM
from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading.keras_file import load_keras_model
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.owner_vocabulary import OwnerVocabulary
from drupelet_export.reading.replacement import load_replacements
from drupelet_export.reading.text_facts import Given
from drupelet_export.reading.text_options import TextOptions

LENGTH, WIDTH, UNITS, ROWS = 6, 4, 3, 8
WORDS = ("", "[UNK]", "the", "film", "a", "good", "bad", "quiet")
IDS = np.random.default_rng(3).integers(0, ROWS, (20, LENGTH)).astype(np.int32)
GIVEN = Given(
    OwnerVocabulary("list of words", tokens=WORDS),
    "words.txt",
    ALNUM,
    None,
    LENGTH,
    "head",
    padding="post",
    unknown_id=1,
)
TEXT = TextOptions(("bad", "good"), GIVEN)

ATTENTION = """
import keras
from keras import layers, ops


class Attention(layers.Layer):
    def __init__(self, units, **more):
        super().__init__(**more)
        self.units = units

    def build(self, shape):
        self.W = self.add_weight(shape=(shape[-1], self.units), name="W")
        self.b = self.add_weight(shape=(self.units,), name="b")
        self.u = self.add_weight(shape=(self.units, 1), name="u")

    def call(self, x):
        scores = ops.matmul(ops.tanh(ops.matmul(x, self.W) + self.b), self.u)
        return ops.sum(x * ops.softmax(scores, axis=1), axis=1)


def attention(config):
    return Attention(config["units"])
"""


class Attention(layers.Layer):
    """The owner's own class, with which the model was trained."""

    def __init__(self, units, **more):
        super().__init__(**more)
        self.units = units

    def build(self, shape):
        self.W = self.add_weight(shape=(shape[-1], self.units), name="W")
        self.b = self.add_weight(shape=(self.units,), name="b")
        self.u = self.add_weight(shape=(self.units, 1), name="u")

    def call(self, x):
        return ops.sum(x * ops.softmax(ops.matmul(ops.tanh(ops.matmul(x, self.W) + self.b), self.u), axis=1), axis=1)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("mine")
class Block(layers.Layer):
    """An encoder block, with layers inside, a list of them among these."""

    def __init__(self, **more):
        super().__init__(**more)
        self.att = layers.MultiHeadAttention(2, 2)
        self.ffn = keras.Sequential([layers.Dense(5, "relu"), layers.Dense(WIDTH)])
        self.norms = [layers.LayerNormalization(), layers.LayerNormalization()]
        self.batch, self.drop = layers.BatchNormalization(), layers.Dropout(0.1)

    def call(self, x, training=False):
        x = self.norms[0](x + self.drop(self.att(x, x), training=training))
        return self.batch(self.norms[1](x + self.ffn(x)))


BLOCK = """
from keras import layers
import keras


class Other(layers.Layer):
    def __init__(self, **more):
        super().__init__(**more)
        self.att = layers.MultiHeadAttention(2, 2)
        self.ffn = keras.Sequential([layers.Dense(5, "relu"), layers.Dense(4)])
        self.norms = [layers.LayerNormalization(), layers.LayerNormalization()]
        self.batch = layers.BatchNormalization()

    def call(self, x):
        x = self.norms[0](x + self.att(x, x))
        return self.batch(self.norms[1](x + self.ffn(x)))


def block(config):
    return Other()
"""


class Own(layers.Dense):
    """A layer that can stand in a TimeDistributed."""


def drawn(model):
    generator = np.random.default_rng(7)
    for weight in model.weights:
        weight.assign(generator.uniform(0.2, 1, weight.shape))
    return model


def attention_model():
    ids = keras.Input((LENGTH,), dtype="int32")
    x = Attention(UNITS, name="att")(layers.Embedding(ROWS, WIDTH)(ids))
    return drawn(keras.Model(ids, layers.Dense(1, "sigmoid")(x)))


def block_model():
    ids = keras.Input((LENGTH,), dtype="int32")
    x = Block(name="one")(layers.Embedding(ROWS, WIDTH)(ids))
    x = Attention(UNITS, name="att")(Block(name="two")(x))
    return drawn(keras.Model(ids, layers.Dense(1, "sigmoid")(x)))


def chain_model():
    return drawn(
        keras.Sequential(
            [
                keras.Input((LENGTH,), dtype="int32"),
                layers.Embedding(ROWS, WIDTH),
                keras.Sequential([keras.Input((LENGTH, WIDTH)), Block(name="inner")]),
                Attention(UNITS, name="att"),
                layers.Dense(1, "sigmoid"),
            ]
        )
    )


@pytest.fixture
def write(tmp_path):
    """A function that writes a file of Python."""

    def make(content, name="own.py"):
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return make


def loaded(path, *given):
    return load_keras_model(path, None, load_replacements(given))


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("function", ["Attention=FILE:Attention", "att=FILE:attention"])
def test_a_layer_with_weights_of_its_own_answers_as_the_original(tmp_path, write, suffix, function):
    model = attention_model()
    model.save(tmp_path / f"model.{suffix}")
    answers = model.predict(IDS, verbose=0)
    read = loaded(tmp_path / f"model.{suffix}", function.replace("FILE", str(write(ATTENTION))))
    np.testing.assert_array_equal(read.predict(IDS, verbose=0), answers)
    description = describe_model(read, TEXT, "model")
    logits = np.array([evaluate_ids(description, row) for row in IDS])
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), answers, atol=1e-6)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("made", [block_model, chain_model])
def test_two_bodies_with_layers_inside_answer_as_the_original(tmp_path, write, suffix, made):
    model = made()
    model.save(tmp_path / f"model.{suffix}")
    answers = model.predict(IDS, verbose=0)
    given = [f"Block={write(BLOCK)}:block", f"Attention={write(ATTENTION, 'attention.py')}:Attention"]
    read = loaded(tmp_path / f"model.{suffix}", *given)
    np.testing.assert_array_equal(read.predict(IDS, verbose=0), answers)
    description = describe_model(read, TEXT, "model")
    logits = np.array([evaluate_ids(description, row) for row in IDS])
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), answers, atol=1e-5)


def test_a_layer_of_weights_alone_answers_as_the_original(tmp_path, write):
    model = attention_model()
    (tmp_path / "model.json").write_text(model.to_json())
    model.save_weights(tmp_path / "model.weights.h5")
    [replacement] = load_replacements([f"att={write(ATTENTION)}:Attention"])
    read = load_keras_model(tmp_path / "model.weights.h5", tmp_path / "model.json", [replacement])
    np.testing.assert_array_equal(read.predict(IDS, verbose=0), model.predict(IDS, verbose=0))


def test_a_lambda_is_replaced_by_its_own_name(tmp_path, write):
    ids = keras.Input((LENGTH,), dtype="int32")
    x = layers.Lambda(lambda x: ops.mean(x, axis=1) * 2, name="half")(layers.Embedding(ROWS, WIDTH)(ids))
    model = drawn(keras.Model(ids, layers.Dense(1)(x)))
    model.save(tmp_path / "model.keras")
    own = write("from keras import ops\ndef twice(config):\n    return lambda x: ops.mean(x, axis=1) * 2\n")
    with pytest.raises(ModelError, match=r"'half' \(Lambda\): .* give its body: --replace half=FILE.py:function"):
        loaded(tmp_path / "model.keras")
    read = loaded(tmp_path / "model.keras", f"half={own}:twice")
    np.testing.assert_allclose(read.predict(IDS, verbose=0), model.predict(IDS, verbose=0), atol=1e-6)


WRONG = {
    "another number of weights": (
        "def own(config):\n    return layers.Dense(config['units'], use_bias=False)",
        r"layer 1 of 3, 'att' \(Attention\): the file has 3 weights for it \(.*W?.*\), the layer of FILE:own has 1 "
        r"\(.*\(4, 3\)\); expected the same; next: build the same weights in the same order with add_weight",
    ),
    "another shape": (
        ATTENTION.replace("(self.units, 1)", "(1, self.units)").replace("self.u)", "ops.transpose(self.u))")
        + "\ndef own(config):\n    return Attention(config['units'])",
        r"layer 1 of 3, 'att' \(Attention\): its weight 'u' has the shape \(3, 1\) in the file, expected \(1, 3\); next: let "
        r"FILE:own build it in the shape of the file",
    ),
    "an exception inside": (
        "def own(config):\n    return layers.Dense(config['unit'])",
        r"'att' \(Attention\): --replace Attention=FILE:own: your own function raised; this is its traceback\n(.*\n)*"
        r"KeyError: 'unit'",
    ),
    "an exception when it is called": (
        "class Own(layers.Layer):\n    def call(self, x):\n        raise ValueError('not so')\n"
        "def own(config):\n    return Own()",
        r"'att' \(Attention\): --replace Attention=FILE:own: your own layer raised; this is its traceback\n(.*\n)*.*not so",
    ),
    "no layer": (
        "def own(config):\n    return None",
        r"'att' \(Attention\): --replace Attention=FILE:own: returned None, expected a layer of Keras, or a function of the "
        r"layer's inputs; next: return",
    ),
    "one layer for two": (
        "kept = layers.Dense(3)\ndef own(config):\n    return kept",
        r"'two' \(Attention\): --replace Attention=FILE:own: returned the layer that it returned before, expected a new one",
    ),
    "no tensor": (
        "class Own(layers.Layer):\n    def call(self, x):\n        return None\ndef own(config):\n    return Own()",
        r"'att' \(Attention\): --replace Attention=FILE:own: ",
    ),
    "no such function": ("def other(config):\n    return None", r"FILE has no function 'own'; it has other"),
    "a syntax error": ("def own(config:", r"--replace FILE:own: your own file raised; .*\n(.*\n)*SyntaxError"),
}


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_a_body_is_said(tmp_path, write, suffix, wrong):
    content, message = WRONG[wrong]
    model = attention_model()
    if wrong == "one layer for two":
        ids = keras.Input((LENGTH,), dtype="int32")
        x = layers.Embedding(ROWS, WIDTH)(ids)
        model = keras.Model(ids, layers.Add()([Attention(2)(x), Attention(2, name="two")(x)]))
    model.save(tmp_path / f"model.{suffix}")
    own = write(f"import keras\nfrom keras import layers, ops\n{content}\n")
    message = message.replace("FILE", re.escape(str(own)))
    with pytest.raises(Exception, match=message) as caught:
        loaded(tmp_path / f"model.{suffix}", f"Attention={own}:own")
    assert type(caught.value).__module__.startswith("drupelet")


def test_a_layer_inside_another_is_not_replaced(tmp_path, write):
    inner = Own(2, name="in_it")
    model = keras.Sequential([keras.Input((LENGTH, 3)), layers.TimeDistributed(inner, name="each")])
    model.save(tmp_path / "model.keras")
    with pytest.raises(
        ModelError,
        match=r"'each' \(TimeDistributed\): wraps 'Own', which --replace names, and a body cannot be given inside "
        r"another layer; next: give one for the whole TimeDistributed, by its own name: --replace NAME=FILE.py:function",
    ):
        loaded(tmp_path / "model.keras", f"in_it={write(ATTENTION)}:Attention")


@pytest.fixture
def command(tmp_path, capfd):
    """A function that runs ``drupelet`` with the model's options, and returns exit status, stdout and stderr."""
    (tmp_path / "words.txt").write_text("\n".join(WORDS))

    def run(name, *more):
        options = ["--vocab", tmp_path / "words.txt", "--labels", "bad,good", "--tokenizer", "alnum", "--keep", "head"]
        options += ["--padding", "post", "--unknown-id", "1", *more]
        target = [tmp_path / "model.keras", "--formats", "drupelet", "--out", tmp_path / "bundle"]
        if name == "parity":
            target = [tmp_path / "bundle", "--model", tmp_path / "model.keras", "--engine", "numpy"]
        status = main([str(each) for each in (name, *target, *options)])
        return (status, *capfd.readouterr())

    return run


REFERENCE = """
import sys
sys.path.insert(0, {folder!r})
import keras, numpy as np
from original import Attention
WORDS = {words!r}
model = keras.models.load_model({model!r}, custom_objects={{"Attention": Attention}})
def clean(text):
    text = text.lower().replace("<br />", " ")
    return "".join(c for c in text if c in "abcdefghijklmnopqrstuvwxyz0123456789" or c.isspace())
def predict(texts):
    rows = [[WORDS.index(w) if w in WORDS[2:] else 1 for w in clean(text).split()][:6] for text in texts]
    return model.predict(np.array([row + [0] * (6 - len(row)) for row in rows]), verbose=0)
"""
UNCOMPARED = "the body of layer 'att' was given by the user and was not compared with the original"


def test_the_verdict_says_that_the_body_was_not_compared(tmp_path, write, command):
    attention_model().save(tmp_path / "model.keras")
    own = write(ATTENTION)
    given = ("--replace", f"Attention={own}:Attention")
    status, out, err = command("export", *given)
    assert (status, out.splitlines()[-1]) == (
        0,
        f"wrote {tmp_path / 'bundle'}: answers like Keras from the ids on; text to ids was not checked; {UNCOMPARED}",
    )
    assert "The body of layer 'att' was given by the user: own.py:Attention." in err
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert manifest["source"]["layers"] == (
        "The body of layer 'att' was given by the user: own.py:Attention. Answers were not compared with those of the "
        "original layers."
    )
    assert manifest["reference"].endswith(UNCOMPARED)
    assert UNCOMPARED.replace("'", "&#39;") in (tmp_path / "bundle" / "report.html").read_text()
    status, out, _ = command("parity", *given)
    assert (status, out.splitlines()[-1].endswith(UNCOMPARED)) == (0, True)
    assert command("parity")[0] == 2
    own.write_text(ATTENTION + "\n# changed\n")
    status, _, err = command("parity", *given)
    assert (status, "was exported from another model" in err) == (2, True)


@pytest.mark.parametrize("right", [True, False])
def test_the_owners_answers_check_the_body(tmp_path, write, command, right, monkeypatch):
    attention_model().save(tmp_path / "model.keras")
    write(ATTENTION, "original.py")
    write(REFERENCE.format(folder=str(tmp_path), words=list(WORDS), model=str(tmp_path / "model.keras")), "pipeline.py")
    own = write(ATTENTION if right else ATTENTION.replace("ops.sum(x *", "ops.max(x *"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    status, out, err = command(
        "export", "--replace", f"att={own}:Attention", "--reference", f"{tmp_path / 'pipeline.py'}:predict"
    )
    monkeypatch.delitem(sys.modules, "original", raising=False)
    if right:
        claim = "answers like Keras from the text on, compared with pipeline.py:predict"
        assert (status, out.splitlines()[-1]) == (0, f"wrote {tmp_path / 'bundle'}: {claim}")
        [golden, *_] = read_goldens((tmp_path / "bundle" / "goldens.jsonl").read_bytes(), "goldens")
        assert golden.probabilities
        assert UNCOMPARED not in (tmp_path / "bundle" / "report.html").read_text()
    else:
        assert status == 1
        assert "pipeline.py:predict" in err
