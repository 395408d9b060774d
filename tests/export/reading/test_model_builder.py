"""A canonical configuration is wired by its calls. A cycle, a missing layer and weights not in the file are refused."""

import keras
import numpy as np
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.config_translation import canonical_model
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.model_builder import build_model, reason_of
from drupelet_export.reading.weight_budget import WeightBudget


def node(name, class_name, *inputs, **config):
    """A layer of a functional model of Keras 2."""
    calls = [[list(ref) if isinstance(ref, tuple) else [ref, 0, 0] for ref in call] for call in inputs]
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": calls}


def model(*layers, inputs=(("ids", 0, 0),), outputs=(("out", 0, 0),), version="2.4.0", numbers=1000):
    ends = {"input_layers": [list(end) for end in inputs], "output_layers": [list(end) for end in outputs]}
    document = {"class_name": "Functional", "config": {"name": "m", "layers": list(layers), **ends}}
    return build_model(canonical_model(document, KerasVersion(version), "here"), WeightBudget(numbers), {}, "here")[0]


def refusal(*layers, **more):
    with pytest.raises(ModelError) as caught:
        model(*layers, **more)
    return str(caught.value)


IDS = node("ids", "InputLayer", batch_input_shape=[32, 6])
WORDS = node("words", "Embedding", ["ids"], input_dim=3, output_dim=2)


def test_layers_may_stand_in_any_order_and_the_batch_is_free():
    built = model(node("out", "Flatten", ["words"]), WORDS, IDS)
    assert (built.input_shape, built.output_shape) == ((None, 6), (None, 12))


def test_a_stateful_layer_keeps_the_size_of_its_batch():
    state = node("out", "LSTM", ["words"], units=2, stateful=True, recurrent_activation="sigmoid")
    document = {"class_name": "Functional", "config": {"name": "m", "layers": [IDS, WORDS, state],
                "input_layers": [["ids", 0, 0]], "output_layers": [["out", 0, 0]]}}  # fmt: skip
    canonical = canonical_model(document, KerasVersion("2.4.0"), "here")
    assert build_model(canonical, WeightBudget(1000, True), {}, "here")[0].input_shape == (32, 6)


def test_two_inputs_and_outputs_are_built():
    built = model(
        IDS, node("more", "InputLayer", batch_shape=[None, 6]), node("out", "Add", ["ids", "more"]),
        inputs=(("ids", 0, 0), ("more", 0, 0)), outputs=(("out", 0, 0), ("ids", 0, 0)),
    )  # fmt: skip
    assert (len(built.inputs), len(built.outputs)) == (2, 2)


def test_slashes_in_names_become_lines():
    assert model(
        IDS, node("a/b", "Embedding", ["ids"], input_dim=2, output_dim=1), node("out", "Flatten", ["a/b"])
    ).layers[1].name == ("a_b")


@pytest.mark.parametrize(
    ("name", "safe"),
    [("word vectors", "word_20_vectors"), ("é", "layer_e9_"), ("_a", "layer_a"), ("a(1)", "a_28_1_29_"),
     ("\u4e2d", "layer_4e2d_"), ("a\x1b", "a_1b_"), ("lstm_1", "lstm_1")],
)  # fmt: skip
def test_a_name_that_tensorflow_refuses_becomes_one_that_it_takes(name, safe):
    built = model(IDS, node(name, "Embedding", ["ids"], input_dim=2, output_dim=1), node("out", "Flatten", [name]))
    assert built.layers[1].name == safe
    assert built.predict(np.zeros((1, 6), np.int32), verbose=0).shape == (1, 6)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            (IDS, node("a", "Add", ["ids", "b"]), node("b", "Dense", ["a"], units=6), node("out", "Flatten", ["b"])),
            "here: model 'm': its layers form a cycle: 'a', 'b', 'out' wait for each other; next: ",
        ),
        ((IDS, node("out", "Dense", ["out"], units=1)), "its layers form a cycle: 'out' wait"),
        ((IDS, node("out", "Dense", [("ids", 3, 0)], units=1)), "reads call 3 of 'ids', which the model does not have"),
        (
            (IDS, WORDS, node("out", "Flatten", [("words", 1, 0)])),
            "reads call 1 of 'words', which the model does not have",
        ),
        ((IDS, WORDS, node("out", "Flatten", [("words", 0, 1)])), "reads output 1 of 'words', which has 1"),
        ((IDS, WORDS), "here: model 'm': its ends name output 0 of 'out', which it does not have"),
        ((IDS, node("out", "Dense", ["ids"], units=-1)), "cannot build the model: layer 0 of 1, 'out' (Dense): "),
        ((IDS, node("out", "Dense", ["ids"], units="x")), "cannot build the model: layer 0 of 1, 'out' (Dense): "),
        ((IDS, node("out", "Dense", ["ids"])), "cannot build the model: layer 0 of 1, 'out' (Dense): Dense.__init__()"),
        (
            (IDS, node("out", "Dense", ["ids"], units=2**30)),
            "here: layer 0 of 1, 'out' (Dense): needs a weight of shape (6, 1073741824), more than the 1000 numbers that the",
        ),
        ((IDS, node("out", "Conv1D", ["ids"], filters=2, kernel_size=3)), "'out' (Conv1D): "),
    ],
)
def test_what_cannot_be_built_is_refused(layers, message):
    told = refusal(*layers)
    assert message in told
    assert "next: " in told or "save it again" in told


def test_a_model_without_ends_is_refused():
    assert "has no input or no output" in refusal(IDS, WORDS, inputs=(), outputs=(("words", 0, 0),))


def test_an_activation_of_keras_2_survives_in_both_directions():
    """Bidirectional copies the layer that it wraps by its configuration."""
    wrapped = {"class_name": "GRU", "config": {"units": 2, "recurrent_activation": "hard_sigmoid"}}
    built = model(IDS, WORDS, node("out", "Bidirectional", ["words"], layer=wrapped))
    both = built.layers[2]
    names = {part.recurrent_activation.__name__ for part in (both.forward_layer, both.backward_layer)}
    assert names == {"hard_sigmoid_keras2"}
    assert (both.forward_layer.go_backwards, both.backward_layer.go_backwards) == (False, True)


def test_a_long_chain_is_built_or_refused():
    chain = [node(f"a{n}", "Activation", [f"a{n - 1}" if n else "ids"], activation="relu") for n in range(1500)]
    try:
        built = model(IDS, *chain, outputs=(("a1499", 0, 0),))
    except ModelError as error:
        assert "its layers are chained too deeply for Keras" in str(error)  # noqa: PT017 - depends on Keras's release
    else:
        assert len(built.layers) == 1501


def test_masks_do_not_take_the_names_of_layers():
    """Keras makes operations for the mask of a Concatenate, and would name them like the layer."""
    words = node("words", "Embedding", ["ids"], input_dim=3, output_dim=2, mask_zero=True)
    built = model(IDS, words, node("concatenate", "Concatenate", ["words", "words"], axis=-1),
                  node("out", "GlobalAveragePooling1D", ["concatenate"]))  # fmt: skip
    assert built.predict(np.ones((1, 6)), verbose=0).shape == (1, 4)


@pytest.mark.parametrize(
    ("merge", "steps"), [("Add", "words"), ("Multiply", "more"), ("Concatenate", "words"), ("Maximum", "plain")]
)
@pytest.mark.parametrize("version", ["2.4.0", "1.2.2", "3.1.0"])
def test_a_merge_of_keras_2_keeps_the_steps_that_every_mask_keeps(merge, steps, version):
    """A merge of Keras 3 has no mask where one of its inputs has none, and otherwise masks what all of them mask."""
    words = node("words", "Embedding", ["ids"], input_dim=3, output_dim=2, mask_zero=True)
    more = node("more", "Masking", ["words"], mask_value=0.0)
    plain = node("plain", "Embedding", ["ids"], input_dim=3, output_dim=2)
    merged = node("merged", merge, ["words", steps], trainable=True)
    built = model(IDS, words, more, plain, merged, node("out", "Flatten", ["merged"]), version=version)
    mask = getattr(built.get_layer("merged").output, "_keras_mask", None)
    is_joined = steps != "words" and version != "3.1.0"
    if is_joined:
        assert mask is not None
        seen = keras.Model(built.inputs, mask).predict(np.array([[1, 0, 2, 0, 0, 1]]), verbose=0)
        # The rows of the table are zeros, so Masking masks every step.
        assert seen[0].tolist() == [steps == "plain" and word != 0 for word in (1, 0, 2, 0, 0, 1)]
    elif steps == "plain":
        assert mask is None


def test_the_reason_of_keras_is_one_line():
    error = ValueError("Exception encountered: deep\n\nMore\nof it\n\nArguments received by X:\n  * y")
    assert reason_of(error) == "More"
    assert reason_of(ValueError("")) == "ValueError"
    assert len(reason_of(ValueError("x" * 1000))) == 303
    assert keras.__version__.startswith("3.")
