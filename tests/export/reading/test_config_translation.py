"""The configuration of a file is translated before Keras builds anything. A class that is not Keras's is refused by name."""

import base64
import json
import marshal
import shutil
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading import config_translation
from drupelet_export.reading.config_translation import canonical_model
from drupelet_export.reading.keras2_activations import hard_sigmoid_keras2
from drupelet_export.reading.keras_file import load_keras_model
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.saved_model_file import read_saved_model
from drupelet_export.reading.text_options import TextOptions

GOLDEN = Path(__file__).parents[2] / "golden" / "export"


def embedding():
    return layers.Embedding(8, 4, mask_zero=True, name="words")


@keras.saving.register_keras_serializable(package="mine")
class LSTM(layers.LSTM):
    """A layer with the name of a supported layer, but with code of its own."""


def answers_of_keras_2(path):
    return load_keras_model(path).predict(np.array([[0, 2, 4, 1, 3], [5, 5, 3, 2, 6]]), verbose=0)


def test_hard_sigmoid_of_keras_2_is_that_of_keras_2(tmp_path):
    """The answers differ from those of a sigmoid and of Keras 3's own hard_sigmoid, which is x / 6 + 0.5."""
    path = tmp_path / "model.h5"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
    with h5py.File(path, "r+") as file:
        config = file.attrs["model_config"]
        file.attrs["model_config"] = config.replace(
            '"recurrent_activation": "sigmoid"', '"recurrent_activation": "hard_sigmoid"'
        )
    model = load_keras_model(path)
    both = model.layers[2]
    assert both.forward_layer.recurrent_activation is hard_sigmoid_keras2
    assert both.backward_layer.recurrent_activation is hard_sigmoid_keras2
    assert model.layers[3].recurrent_activation is hard_sigmoid_keras2
    read = answers_of_keras_2(path)
    for part in (both.forward_layer.cell, both.backward_layer.cell, model.layers[3].cell):
        part.recurrent_activation = lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)
    ids = np.array([[0, 2, 4, 1, 3], [5, 5, 3, 2, 6]])
    np.testing.assert_allclose(model.predict(ids, verbose=0), read, atol=1e-6)
    assert np.abs(read - answers_of_keras_2(GOLDEN / "keras2_bilstm_gru.h5")).max() > 1e-4


@pytest.mark.parametrize("place", [3, 4, 5], ids=["lstm", "gru", "dense"])
@pytest.mark.parametrize("version", [b"2.2.4", "2.15.0", None])
def test_hard_sigmoid_of_keras_2_is_read_as_activation_too(tmp_path, place, version):
    path = tmp_path / "model.h5"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        changed = config["config"]["layers"][place]["config"]
        changed.get("layer", {"config": changed})["config"]["activation"] = "hard_sigmoid"
        file.attrs["model_config"] = json.dumps(config)
        del file.attrs["keras_version"], file["model_weights"].attrs["keras_version"]
        if version is not None:
            file.attrs["keras_version"] = version
    layer = load_keras_model(path).layers[place - 1]
    assert getattr(layer, "forward_layer", layer).activation is hard_sigmoid_keras2


def test_hard_sigmoid_of_a_keras_2_archive_is_read(tmp_path):
    path = tmp_path / "model.keras"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.keras", path)
    rewrite(
        path, b'"activation": "sigmoid"', b'"activation": {"module": "keras.activations", "config": "hard_sigmoid"}'
    )
    assert load_keras_model(path).layers[-1].activation is hard_sigmoid_keras2


def test_hard_sigmoid_of_keras_3_is_read(save):
    path = save(embedding(), layers.LSTM(2, recurrent_activation="hard_sigmoid"), layers.Dense(2), name="model.h5")
    assert load_keras_model(path).layers[1].recurrent_activation is keras.activations.hard_sigmoid


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.Reshape((3,)),
        lambda: layers.LayerNormalization(),
        lambda: layers.AlphaDropout(0.1),
        lambda: layers.ReLU(negative_slope=0.1),
        lambda: layers.Rescaling(2.0),
    ],
)
def test_layers_are_read_whether_they_compile_or_not(save, layer):
    path = save(embedding(), layers.LSTM(3), layer(), layers.Dense(2))
    assert len(load_keras_model(path).layers) == 4


def test_a_lambda_is_refused_by_name(save):
    path = save(embedding(), layers.LSTM(3), layers.Lambda(lambda x: x, name="odd"), layers.Dense(2))
    with pytest.raises(
        ModelError,
        match=r"layer 2 of 4, 'odd' \(Lambda\): not supported; code in a model file is never run; next: build the model",
    ):
        load_keras_model(path)


def test_a_layer_that_is_named_keeps_its_configuration_as_it_is(save):
    path = save(embedding(), layers.LSTM(3), layers.Lambda(lambda x: x, name="odd"), layers.Dense(2))
    model = read_saved_model(path, None, ["odd"]).model
    [given] = [layer for layer in model.leaves() if layer.replacement is not None]
    assert (given.name, given.class_name, given.stored_class, given.replacement) == ("odd", "", "Lambda", "odd")
    assert given.options["config"]["function"]["class_name"] == "__lambda__"
    assert given.where.endswith("layer 2 of 4, 'odd' (Lambda)")


def test_an_unknown_layer_gets_the_closest_name(save):
    path = save(embedding(), layers.LSTM(3, return_sequences=True), layers.GlobalMaxPooling1D(), layers.Dense(2))
    rewrite(path, b'"GlobalMaxPooling1D"', b'"GlobalMaxPoll1D"')
    with pytest.raises(
        ModelError, match=r"\(GlobalMaxPoll1D\): not supported \(closest: GlobalMaxPooling1D\); next: build"
    ):
        load_keras_model(path)


def test_a_registered_class_is_refused_even_under_a_supported_name(save):
    path = save(embedding(), LSTM(3, name="odd"), layers.Dense(2))
    with pytest.raises(ModelError, match=r"layer 1 of 3, 'odd' \(LSTM\): not supported"):
        load_keras_model(path)


def test_a_registered_class_inside_bidirectional_is_refused(save):
    path = save(embedding(), layers.Bidirectional(LSTM(3), name="odd"), layers.Dense(2))
    with pytest.raises(ModelError, match="'odd'"):
        load_keras_model(path)


def test_a_wrapped_layer_that_is_not_recurrent_is_refused(save):
    path = save(embedding(), layers.Bidirectional(layers.GRU(3), name="odd"), layers.Dense(2))
    rewrite(path, b'"class_name": "GRU"', b'"class_name": "Flatten"')
    with pytest.raises(ModelError, match=r"'odd' \(Bidirectional\).* wraps 'Flatten', expected one of GRU, LSTM"):
        load_keras_model(path)


def test_layers_of_nested_models_are_checked(save):
    path = save(keras.Sequential([embedding(), layers.LSTM(3, name="odd")]), layers.Dense(2))
    rewrite(path, b'"LSTM"', b'"Unknown"')
    with pytest.raises(ModelError, match=r"layer 1 of 3, 'odd' \(Unknown\): not supported"):
        load_keras_model(path)


@pytest.fixture
def functional_path(tmp_path):
    """A functional model with a mask, saved: it lists ``ids != 0`` among its layers."""
    ids = keras.Input((6,), name="ids")
    vectors = layers.Embedding(8, 4, mask_zero=True, name="words")(ids)
    states = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")(layers.Dropout(0.1)(vectors))
    model = keras.Model(ids, layers.Dense(2)(layers.GRU(3, name="last")(states)))
    model.save(tmp_path / "functional.keras")
    return tmp_path / "functional.keras"


def test_a_functional_model_with_a_mask_is_read_and_answers_as_before(functional_path, text_options):
    model = load_keras_model(functional_path)
    description = describe_model(model, text_options(), "functional.keras")
    assert [node.layer for node in description.nodes if node.operation.name == "recurrent"] == ["both", "last"]
    ids = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0], [0] * 6])
    answers = [evaluate_ids(description, row) for row in ids]
    np.testing.assert_allclose(answers, model.predict(ids, verbose=0), atol=2e-6)


def test_a_functional_model_with_a_mask_that_keras_3_saved_as_h5_is_read(functional_path, text_options):
    model = load_keras_model(functional_path)
    model.save(functional_path.with_suffix(".h5"))
    read = load_keras_model(functional_path.with_suffix(".h5"))
    ids = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0]])
    np.testing.assert_array_equal(read.predict(ids, verbose=0), model.predict(ids, verbose=0))
    assert describe_model(read, text_options(), "functional.h5").masking == "mask"


def nested(kind):
    """A masked model of two models, one inside the other."""
    words, reader = layers.Embedding(8, 4, mask_zero=True), [layers.LSTM(3, return_sequences=True), layers.GRU(2)]
    ids, vectors = keras.Input((6,), dtype="int32"), keras.Input((6, 4))
    if kind == "Sequential in front":
        return keras.Model(ids, layers.Dense(2)(keras.Sequential([words, *reader])(ids)))
    if kind == "Sequential behind":
        return keras.Model(ids, layers.Dense(2)(keras.Sequential(reader)(words(ids))))
    if kind == "Functional in front":
        return keras.Sequential([keras.Model(ids, reader[1](reader[0](words(ids)))), layers.Dense(2)])
    inner = keras.Model(vectors, reader[1](reader[0](vectors)))
    return keras.Model(ids, layers.Dense(2)(inner(words(ids))))


@pytest.mark.parametrize(
    "kind", ["Sequential in front", "Sequential behind", "Functional in front", "Functional behind"]
)
def test_a_nested_model_with_a_mask_answers_as_before(tmp_path, text_options, kind):
    model = nested(kind)
    model.save(tmp_path / "nested.keras")
    ids = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0], [0] * 6])
    description = describe_model(load_keras_model(tmp_path / "nested.keras"), text_options(), "nested.keras")
    answers = [evaluate_ids(description, row) for row in ids]
    np.testing.assert_allclose(answers, model.predict(ids, verbose=0), atol=2e-6)


def rewrite(path, old, new):
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    assert old in content["config.json"]
    content["config.json"] = content["config.json"].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    "wrapped",
    [
        {"class_name": "LSTM"},
        {"class_name": "LSTM", "config": None},
        {"class_name": "LSTM", "config": []},
        None,
        "LSTM",
    ],
)
def test_a_bidirectional_layer_without_its_layer_is_refused(edit_config, wrapped):
    def change(document):
        document["config"]["layers"][2].update(class_name="Bidirectional", config={"name": "odd", "layer": wrapped})

    with pytest.raises(ModelError, match=r"layer 1 of 3, 'odd' \(Bidirectional\): "):
        load_keras_model(edit_config(change))


# Code in a file is never executed.


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that exists only if hostile code ran. A module on the import path writes it."""
    path = tmp_path / "marker"
    (tmp_path / "hostile.py").write_text(f"open({str(path)!r}, 'w').close()\nclass LSTM: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield path
    assert not path.exists()


def lambda_config(marker):
    """A Lambda as Keras saves one, with code that writes the marker."""
    code = compile(f"open({str(marker)!r}, 'w').close()", "x", "eval")
    packed = base64.b64encode(marshal.dumps(code)).decode()
    return {"class_name": "__lambda__", "config": {"value": [packed, None, None]}}


@pytest.mark.parametrize(
    "change",
    [
        lambda chain, code: chain[2].update(class_name="Lambda", config={"name": "odd", "function": code}),
        lambda chain, code: chain[2].update(class_name="Unknown", module="hostile"),
        lambda chain, code: chain[2].update(module="hostile"),
        lambda chain, code: chain[2].update(module="kerashostile"),
        lambda chain, code: chain[2].update(registered_name="hostile>LSTM"),
        lambda chain, code: chain.__setitem__(
            2, {"class_name": "Sequential", "module": "hostile", "config": {"layers": [dict(chain[2])]}}
        ),
        lambda chain, code: chain[2]["config"].update(dtype={"class_name": "LSTM", "module": "hostile", "config": {}}),
        lambda chain, code: chain[2]["config"].update(
            activation={"module": "builtins", "class_name": "eval", "config": "LSTM", "registered_name": None}
        ),
        lambda chain, code: chain[2]["config"].update(activation=code),
        lambda chain, code: chain[2]["config"].update(
            activation={"module": "hostile", "class_name": "function", "config": "LSTM", "registered_name": "LSTM"}
        ),
        lambda chain, code: chain[2].update(
            class_name="Bidirectional",
            config={"name": "odd", "layer": {**chain[2], "module": "hostile"}},
        ),
        lambda chain, code: chain[2].update(
            class_name="Bidirectional",
            config={
                "name": "odd",
                "layer": dict(chain[2]),
                "backward_layer": {"class_name": "Lambda", "module": "keras.layers", "config": {"function": code}},
            },
        ),
    ],
)
def test_code_in_a_keras_file_is_not_executed(edit_config, marker, change):
    def edit(document):
        change(document["config"]["layers"], lambda_config(marker))

    with pytest.raises(ModelError, match=r"edited.keras: "):
        load_keras_model(edit_config(edit))


def test_initializers_regularizers_and_constraints_are_dropped(edit_config, marker):
    """They do not change an answer. So the owner's own do not stand in the way, and are not looked up."""
    own = {"module": "hostile", "class_name": "LSTM", "config": {}, "registered_name": "mine>LSTM"}

    def change(document):
        for name in ("kernel_initializer", "bias_initializer", "kernel_regularizer", "recurrent_constraint"):
            document["config"]["layers"][2]["config"][name] = own
        document["config"]["layers"][2]["config"]["recurrent_initializer"] = lambda_config(marker)

    assert len(load_keras_model(edit_config(change)).layers) == 3


def test_code_in_an_h5_file_is_not_executed(tmp_path, marker):
    code = lambda_config(marker)["config"]["value"]
    hostile = {"class_name": "Lambda", "config": {"name": "odd", "function": code, "function_type": "lambda"}}
    for change in (
        lambda chain: chain.__setitem__(2, hostile),
        lambda chain: chain[3]["config"].update(backward_layer=hostile),
        lambda chain: chain[4]["config"].update(activation=hostile),
    ):
        path = tmp_path / "model.h5"
        shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
        with h5py.File(path, "r+") as file:
            document = json.loads(file.attrs["model_config"])
            change(document["config"]["layers"])
            file.attrs["model_config"] = json.dumps(document)
        with pytest.raises(ModelError, match=r"model.h5: "):
            load_keras_model(path)


def test_a_model_of_another_module_is_not_looked_up(edit_config, marker):
    with pytest.raises(
        ModelError,
        match=r"edited.keras: holds 'Sequential' of 'hostile', expected Keras's own classes; code in a model file",
    ):
        load_keras_model(edit_config(lambda document: document.update(module="hostile")))


def test_training_options_of_a_model_do_not_matter(edit_config, marker):
    loss = {"class_name": "LSTM", "module": "hostile", "registered_name": "mine>Loss", "config": {}}
    path = edit_config(lambda document: document.update(compile_config={"optimizer": "adam", "loss": loss}))
    assert load_keras_model(path)


def test_a_functional_model_with_a_text_vectorization_and_a_mask_is_read(tmp_path, words):
    text = keras.Input((1,), dtype="string")
    ids = layers.TextVectorization(vocabulary=list(words[2:]))(text)
    state = layers.LSTM(3)(layers.Embedding(8, 4, mask_zero=True)(ids))
    keras.Model(text, layers.Dense(2)(state)).save(tmp_path / "functional.keras")
    model = load_keras_model(tmp_path / "functional.keras")
    assert describe_model(model, TextOptions(("bad", "good")), "functional.keras").masking == "mask"


def test_layers_are_counted_as_in_the_reader(tmp_path, words):
    """A layer has the same place in errors about the file and in errors about the model in memory."""
    text = keras.Input((1,), dtype="string")
    ids = layers.TextVectorization(vocabulary=list(words[2:]))(text)
    state = layers.LSTM(3)(layers.Embedding(8, 4, mask_zero=True)(ids))
    model = keras.Model(text, layers.Dense(2)(layers.GroupNormalization(3, name="odd")(state)))
    model.save(tmp_path / "functional.keras")
    shutil.copy(tmp_path / "functional.keras", tmp_path / "unknown.keras")
    rewrite(tmp_path / "unknown.keras", b'"GroupNormalization"', b'"Unknown"')
    with pytest.raises(ModelError, match=r"layer 3 of 5, 'odd' \(Unknown\): not supported"):
        load_keras_model(tmp_path / "unknown.keras")
    with pytest.raises(ModelError, match=r"layer 3 of 5, 'odd' \(GroupNormalization\)"):
        describe_model(model, TextOptions(("bad", "good")), "functional.keras")


def test_a_mask_of_a_nested_text_vectorization_is_read(tmp_path, words):
    text = keras.Input((1,), dtype="string")
    ids = keras.Sequential([layers.TextVectorization(vocabulary=list(words[2:]))])(text)
    state = layers.LSTM(3)(layers.Embedding(8, 4, mask_zero=True)(ids))
    keras.Model(text, layers.Dense(2)(state)).save(tmp_path / "functional.keras")
    model = load_keras_model(tmp_path / "functional.keras")
    assert describe_model(model, TextOptions(("bad", "good")), "functional.keras").masking == "mask"


# The check alone, on plain JSON.


def sequential(*chain):
    """The configuration of a Sequential model of these layers."""
    return {"class_name": "Sequential", "config": {"layers": list(chain)}}


def layer_config(class_name, **config):
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


def refusal(*chain, version="3.0.0", **more):
    """The sentence with which a chain of layers is refused."""
    with pytest.raises(ModelError) as caught:
        canonical_model({**sequential(*chain), **more}, KerasVersion(version), "here")
    return str(caught.value)


def test_input_layers_are_not_counted():
    chain = (layer_config("InputLayer", batch_shape=[None, 3]), layer_config("Embedding", input_dim=3, output_dim=2))
    assert refusal(*chain, layer_config("Flat")).startswith("here: layer 1 of 2, 'flat' (Flat): not supported")


def test_a_bidirectional_layer_around_nothing_is_refused():
    told = refusal(layer_config("Bidirectional"))
    assert told == (
        "here: layer 0 of 1, 'bidirectional' (Bidirectional): wraps no layer, expected LSTM, GRU or SimpleRNN; save the "
        "model again"
    )


@pytest.mark.parametrize(
    ("wrapped", "message"),
    [
        (
            layer_config("Bidirectional", layer=layer_config("LSTM", units=1, recurrent_activation="tanh")),
            "wraps no other",
        ),
        (sequential(layer_config("Dense", units=1)), "wraps a model, expected a layer"),
    ],
)
def test_a_layer_that_wraps_another_wrapper_is_refused(wrapped, message):
    assert message in refusal(layer_config("TimeDistributed", layer=wrapped))


def test_a_class_of_a_supported_name_that_is_not_of_keras_is_told_apart():
    layer = {**layer_config("LSTM"), "module": "mine.layers"}
    assert "(LSTM): not supported (a class of this name that is not Keras's own)" in refusal(layer)


@pytest.mark.parametrize("key", ["standardize", "split"])
def test_a_function_of_the_owners_own_is_refused_with_the_way_round_it(key):
    function = {"module": "builtins", "class_name": "function", "config": "mine>tidy", "registered_name": "function"}
    told = refusal(layer_config("TextVectorization", **{key: function}), layer_config("Embedding"))
    for part in (
        f"(TextVectorization): {key} is a function of your own, 'mine>tidy', ",
        "--vocab FILE",
        "--text-rules",
    ):
        assert part in told


def test_a_layer_of_a_later_keras_is_named(monkeypatch):
    monkeypatch.delattr(keras.layers, "RMSNormalization")
    told = refusal(layer_config("RMSNormalization"))
    assert told.endswith("this release of Keras has no RMSNormalization; next: pip install --upgrade keras")


def test_a_vocabulary_in_another_file_is_not_read():
    told = refusal(layer_config("TextVectorization", vocabulary="/etc/passwd"))
    assert (
        "its vocabulary is the file '/etc/passwd', which a model file does not hold; next: save the model as .keras"
        in told
    )


def test_too_many_layers_are_refused():
    told = refusal(*[layer_config("Dense", units=1)] * 1_000_000)
    assert told == "here: has 1000000 layers, expected at most 2000; save a smaller model"
    nested = sequential(*[layer_config("Dense", units=1)] * 1500)
    assert refusal(nested, nested) == "here: has more than 2000 layers; save a smaller model"


def test_models_that_are_nested_too_deeply_are_refused():
    model = sequential(layer_config("Dense", units=1))
    for _ in range(config_translation.MAX_NESTED + 1):
        model = sequential(model)
    assert "models are nested more than 8 deep" in refusal(model)


def test_two_layers_of_one_name_are_refused_in_a_graph():
    told = refusal(layer_config("Dense", units=1), layer_config("Dense", units=2), class_name="Functional")
    assert "model 'model': has two layers named 'dense', expected names of their own" in told


@pytest.mark.parametrize(
    "shape", [None, [], "x", [None, 0], [None, -1], [None, True], [None, 10**12], [None, 1.5], [1] * 9]
)
def test_the_shape_of_an_input_that_is_none_is_refused(shape):
    told = refusal(layer_config("InputLayer", batch_shape=shape))
    assert told.startswith("here: layer 0 of 0, 'inputlayer' (InputLayer): its ")


def test_an_input_that_is_sparse_is_refused():
    told = refusal(layer_config("InputLayer", batch_shape=[None, 3], sparse=True))
    assert "its input is sparse or ragged, expected a dense one" in told


def test_a_list_of_layers_is_the_configuration_of_an_old_sequential_model():
    """As Keras wrote it before 2.2.3. The shape of the input is that of the first layer."""
    chain = [layer_config("Embedding", input_dim=3, output_dim=2, batch_input_shape=[None, 7]), layer_config("Flatten")]
    model = canonical_model({"class_name": "Sequential", "config": chain}, KerasVersion("2.2.2"), "here")
    assert [layer.class_name for layer in model.layers] == ["InputLayer", "Embedding", "Flatten"]
    assert model.layers[0].options == {"batch_shape": (None, 7), "dtype": "float32"}


@pytest.mark.parametrize(
    ("version", "zero"),
    [("2.2.4", False), ("1.2.2", False), ("2.3.1", False), ("2.2.4-tf", None), ("2.4.0", None), ("3.1", None)],
)
def test_bidirectional_of_standalone_keras_repeats_the_output_of_masked_steps(version, zero):
    wrapped = layer_config("LSTM", units=1, recurrent_activation="sigmoid")
    model = canonical_model(sequential(layer_config("Bidirectional", layer=wrapped)), KerasVersion(version), "here")
    assert model.layers[-1].zero_output_for_mask is zero
