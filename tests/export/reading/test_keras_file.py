"""Saved models are opened, also those of Keras 2. Other files are refused."""

import hashlib
import json
import re
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError
from drupelet_export.reading import archive_file, keras_file, model_builder
from drupelet_export.reading.keras_file import load_keras_model, masks_may_end, open_keras_model
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.replacement import Replacement

GOLDEN = Path(__file__).parents[2] / "golden" / "export"


def embedding():
    return layers.Embedding(8, 4, mask_zero=True, name="words")


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_saved_model_answers_as_before(tmp_path, keras_chain, name):
    model = keras_chain(
        embedding(), layers.Bidirectional(layers.GRU(3, reset_after=False)), layers.Dense(1, activation="sigmoid")
    )
    model.save(tmp_path / name)
    ids = np.array([[0, 2, 3, 4], [5, 0, 1, 0]])
    loaded = load_keras_model(tmp_path / name)
    np.testing.assert_array_equal(loaded.predict(ids, verbose=0), model.predict(ids, verbose=0))


def test_an_h5_file_is_known_by_its_bytes_not_its_name(save, tmp_path):
    shutil.copy(save(embedding(), layers.LSTM(2), layers.Dense(2), name="model.h5"), tmp_path / "model.hdf5")
    assert len(load_keras_model(tmp_path / "model.hdf5").layers) == 3


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_a_model_of_keras_2_answers_as_in_keras_2(text_options, suffix):
    expected = json.loads((GOLDEN / "keras2_bilstm_gru.json").read_text())
    model = load_keras_model(GOLDEN / f"keras2_bilstm_gru.{suffix}")
    answers = model.predict(np.array(expected["ids"]), verbose=0)[:, 0]
    np.testing.assert_allclose(answers, expected["probabilities"], atol=1e-6)
    description = describe_model(model, text_options(words=expected["words"]), "keras2")
    assert description.text_rules.max_tokens == 5


def test_a_wrapped_layer_needs_no_module(tmp_path):
    """Keras wrote none before 2.12."""

    def without_modules(value):
        if isinstance(value, dict):
            return {k: without_modules(v) for k, v in value.items() if k not in ("module", "registered_name")}
        return list(map(without_modules, value)) if isinstance(value, list) else value

    expected = load_keras_model(GOLDEN / "keras2_bilstm_gru.h5")
    path = tmp_path / "model.h5"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(without_modules(config))
        assert file.attrs["model_config"] != json.dumps(config)
    ids = np.array([[1, 2, 3, 4, 0]])
    np.testing.assert_array_equal(load_keras_model(path).predict(ids, verbose=0), expected.predict(ids, verbose=0))


GRAPH_FORMS = [
    ("keras2_graph.h5", None),
    ("keras2_graph.keras", None),
    ("keras2_graph", None),
    ("keras2_graph.weights.h5", "keras2_graph_architecture.json"),
    ("keras2_graph.h5", "keras2_graph_architecture.json"),
    ("keras2_cudnn.h5", None),
]


@pytest.mark.parametrize(("name", "architecture"), GRAPH_FORMS)
def test_every_form_of_a_graph_of_keras_2_answers_as_there(name, architecture):
    """A nested model, a shared layer, a mask, slices and sums of TensorFlow; CuDNN layers. Remade by make_keras2_models.py."""
    expected = json.loads((GOLDEN / "keras2_more.json").read_text())
    model = load_keras_model(GOLDEN / name, GOLDEN / architecture if architecture else None)
    answers = model.predict(np.array(expected["ids"]), verbose=0)[:, 0]
    np.testing.assert_allclose(answers, expected[name.partition(".")[0]], atol=1e-6)


@pytest.mark.parametrize("package", ["keras", "tensorflow.python.keras", "tensorflow.keras", "keras.api._v2.keras"])
def test_the_package_of_a_functional_archive_does_not_matter(tmp_path, package):
    expected = json.loads((GOLDEN / "keras2_more.json").read_text())
    path = tmp_path / "graph.keras"
    with zipfile.ZipFile(GOLDEN / "keras2_graph.keras") as archive, zipfile.ZipFile(path, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            copy.writestr(
                name, content.replace(b"tf_keras.", package.encode() + b".") if name.endswith(".json") else content
            )
    answers = load_keras_model(path).predict(np.array(expected["ids"]), verbose=0)[:, 0]
    np.testing.assert_allclose(answers, expected["keras2_graph"], atol=1e-6)


def summed_by_hand(vectors, ids):
    seen = ops.cast(ops.not_equal(ids, 0), "float32")
    return ops.concatenate(
        [ops.sum(vectors * ops.expand_dims(seen, -1), axis=1), vectors[:, -1, :] * 2.0 - 1.0], axis=-1
    )


def attention_by_hand(vectors, ids):
    shares = layers.Activation("softmax")(layers.Flatten()(layers.Dense(1, activation="tanh")(vectors)))
    return layers.Flatten()(layers.Multiply()([vectors, layers.Permute((2, 1))(layers.RepeatVector(4)(shares))]))


def shared_model(vectors, ids):
    inner = keras.Sequential([layers.LSTM(3), layers.BatchNormalization(), layers.Dense(2)])
    return layers.Add()([inner(vectors), inner(layers.Dense(4)(vectors))])


def states_passed_on(vectors, ids):
    steps, *states = layers.LSTM(3, return_sequences=True, return_state=True)(vectors)
    return layers.LSTM(3)(steps, initial_state=states)


GRAPHS = {
    "sum by hand": (False, summed_by_hand),
    "attention by hand": (False, attention_by_hand),
    "shared model": (False, shared_model),
    "states": (False, states_passed_on),
    "constant": (False, lambda x, ids: ops.sum(x * np.arange(4, dtype=np.float32), axis=1)),
    "concatenated masks": (True, lambda x, ids: layers.LSTM(3)(layers.Concatenate()([x, x]))),
    "self-attention": (True, lambda x, ids: layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 3)(x, x))),
    "grouped attention": (False, lambda x, ids: layers.GlobalMaxPooling1D()(layers.GroupQueryAttention(2, 2, 1)(x, x))),
    "additive attention": (True, lambda x, ids: layers.GlobalAveragePooling1D()(layers.AdditiveAttention()([x, x]))),
    "convolutions": (False, lambda x, ids: layers.Flatten()(layers.SeparableConv1D(3, 2)(layers.Conv1D(5, 3)(x)))),
    "cells": (True, lambda x, ids: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)])(x)),
    "time distributed": (True, lambda x, ids: layers.SimpleRNN(2)(layers.TimeDistributed(layers.Dense(3))(x))),
    "activation that is a layer": (False, lambda x, ids: layers.GRU(2)(layers.Dense(3, activation=layers.LeakyReLU(0.3))(x))),
    "frozen layers": (False, lambda x, ids: keras.Sequential(
        [layers.Dense(3, trainable=False), layers.BatchNormalization(), layers.Dense(3), layers.GRU(2)])(x)),
}  # fmt: skip


@pytest.mark.parametrize("case", GRAPHS)
def test_every_form_of_a_graph_of_keras_3_answers_as_before(tmp_path, case):
    """.keras and .h5, and weights beside the architecture, in the layout of Keras 3."""
    masked, tail = GRAPHS[case]
    given = keras.Input((6,), dtype="int32")
    vectors = layers.Embedding(8, 4, mask_zero=masked)(given)
    model = keras.Model(given, layers.Dense(2)(tail(vectors, given)))
    generator = np.random.default_rng(2)
    for weight in model.weights:
        weight.assign(generator.uniform(0.2 if "variance" in weight.path else -1, 1, weight.shape))
    ids = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0], [1, 2, 3, 4, 5, 6]])
    expected = model.predict(ids, verbose=0)
    (tmp_path / "model.json").write_text(model.to_json())
    for name in ("model.keras", "model.h5", "model.weights.h5"):
        (model.save_weights if "weights" in name else model.save)(tmp_path / name)
        read = load_keras_model(tmp_path / name, tmp_path / "model.json" if "weights" in name else None)
        np.testing.assert_allclose(read.predict(ids, verbose=0), expected, atol=1e-6, err_msg=name)


def test_mixed_precision_is_computed_as_float32(tmp_path, keras_chain):
    plain = keras_chain(embedding(), layers.LSTM(3), layers.Dense(2))
    keras.config.set_dtype_policy("mixed_float16")
    try:
        mixed = keras.Sequential([keras.Input((4,)), embedding(), layers.LSTM(3), layers.Dense(2)])
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(plain.get_weights())
    ids = np.array([[0, 2, 3, 4], [5, 0, 1, 0]])
    for name in ("mixed.keras", "mixed.h5"):
        mixed.save(tmp_path / name)
        read = load_keras_model(tmp_path / name)
        assert {layer.compute_dtype for layer in read.layers} == {"float32"}
        np.testing.assert_allclose(read.predict(ids, verbose=0), plain.predict(ids, verbose=0), atol=1e-6)


def test_a_vocabulary_that_keras_cannot_read_back_is_read(tmp_path):
    """U+0085 and U+2028 end a line for ``splitlines``, which some Keras calls, but not in the file that it wrote."""
    vectorization = layers.TextVectorization()
    vectorization.adapt(["good food \x85 bad food", "it\x85 was bad", "a\u2028b"])
    size = vectorization.vocabulary_size()
    model = keras.Sequential(
        [keras.Input((1,), dtype="string"), vectorization, layers.Embedding(size, 2), layers.GRU(2)]
    )
    model.save(tmp_path / "model.keras")
    read = load_keras_model(tmp_path / "model.keras")
    assert read.layers[0].get_vocabulary() == vectorization.get_vocabulary()


def test_opening_a_model_of_keras_2_leaves_the_file_as_it_is(tmp_path):
    path = tmp_path / "model.h5"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
    before = path.read_bytes()
    load_keras_model(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: b"garbage", r"edited.keras: not a Keras model: its configuration is not JSON \(.*\); save"),
        (lambda document: b"\xff\xfe", "edited.keras: not a Keras model"),
        (lambda document: b"[" * 100_000, "edited.keras: not a Keras model"),
        (lambda document: b"[1]", "edited.keras: its configuration is not that of a Keras model; save with model.save"),
        (lambda document: {"class_name": "Sequential", "config": []}, "its configuration lists no layers"),
        (lambda document: {"class_name": "Sequential", "config": "x"}, "its configuration is not that of a Keras model"),
        (lambda document: {"class_name": "Sequential", "config": {}}, "edited.keras: its configuration lists no layers"),
        (lambda document: {"class_name": "Sequential", "config": {"layers": [3]}}, "its configuration lists no layers"),
        (lambda document: document.update(class_name="Mine"),
         r"edited.keras: a 'Mine', expected a Sequential or Functional model \(a subclass of Model keeps its layers in Python"),
        (lambda document: document["config"]["layers"][1].update(config=None),
         r"layer 0 of 3, '\?' \(Embedding\): has no configuration; save the model again"),
        (lambda document: document["config"]["layers"][1].update(module="os"), r"layer 0 of 3, '.*' \(Embedding\): not suppor"),
        (lambda document: document["config"]["layers"][2]["config"].update(units=-3), r"Keras 3\.\S+ cannot build"),
        (lambda document: document["config"]["layers"][2]["config"].update(surprise=1),
         r"layer 1 of 3, .* has the option 'surprise' \(1\), which LSTM of Keras does not know; save the model again"),
        (lambda document: document["config"]["layers"][1]["config"].update(input_dim=9),
         r"layer 0 of 3, .* its weight 'embeddings' has the shape \(8, 4\) in the file, expected \(9, 4\); next: save"),
        (lambda document: document["config"]["layers"][1]["config"].update(input_dim=4),
         r"layer 0 of 3, .* its weight 'embeddings' has the shape \(8, 4\) in the file, expected \(4, 4\); next: save"),
        (lambda document: document["config"]["layers"][1]["config"].update(input_dim=float("nan")), "expected a number"),
        (lambda document: document["config"]["layers"][1]["config"].update(input_dim=10**400), "expected a number"),
        (lambda document: document["config"]["layers"][1]["config"].update(input_dim=2**31 - 1), "needs a weight of shape"),
        (lambda document: document["config"]["layers"][2]["config"].update(units=10**6), "needs a weight of shape"),
    ],
)  # fmt: skip
def test_a_configuration_that_is_wrong_is_refused(edit_config, change, message):
    with pytest.raises(ModelError, match=message):
        load_keras_model(edit_config(change))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"nothing.keras: not found; expected a .keras or .h5 file, or a run folder"):
        load_keras_model(tmp_path / "nothing.keras")


@pytest.mark.parametrize(
    "content", [b"", b"not a model", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(4096)]
)
def test_files_of_another_kind_are_refused(tmp_path, content):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model.keras: not a .keras or .h5 model \(.*\); save with model.save\(\)"):
        load_keras_model(path)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"not a .keras or .h5 model"):
        load_keras_model(tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda chain: chain[2]["config"].update(units="x"), "'<=' not supported between instances of 'str' and 'int'"),
        (
            lambda chain: chain[2]["config"].update(dropout="x" * 3000),
            "not supported between instances",
        ),
    ],
)
def test_a_message_of_keras_is_shortened_to_one_line(edit_config, change, reason):
    with pytest.raises(ModelError) as caught:
        load_keras_model(edit_config(lambda document: change(document["config"]["layers"])))
    told = str(caught.value).partition("cannot build the model: layer 1 of 3, ")[2]
    assert told.endswith("; next: save the model again with the release that wrote it, as .keras or .h5")
    assert re.search(reason, told)
    assert "\n" not in told
    assert len(told) <= model_builder.MAX_REASON_CHARACTERS + 200


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_model_is_refused(saved_model, tmp_path, share):
    content = saved_model.read_bytes()
    path = tmp_path / "model.keras"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"model.keras: "):
        load_keras_model(path)


def test_a_truncated_h5_file_is_refused(tmp_path):
    content = (GOLDEN / "keras2_bilstm_gru.h5").read_bytes()
    path = tmp_path / "model.h5"
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ModelError, match=r"model.h5: "):
            load_keras_model(path)


@pytest.mark.parametrize("missing", ["metadata.json", "config.json", "model.weights.h5"])
def test_a_member_that_is_missing_is_refused(saved_model, tmp_path, missing):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(saved_model) as archive, zipfile.ZipFile(path, "w") as copy:
        for name in archive.namelist():
            if name != missing:
                copy.writestr(name, archive.read(name))
    with pytest.raises(ModelError, match=r"model.keras: .*save with model.save|cannot build the model"):
        load_keras_model(path)


@pytest.mark.parametrize("content", [b"[]", b"3", b"nonsense"])
def test_metadata_that_is_no_object_is_refused(saved_model, tmp_path, content):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(saved_model) as archive, zipfile.ZipFile(path, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, content if name == "metadata.json" else archive.read(name))
    with pytest.raises(ModelError, match=r"model.keras: not a Keras model: "):
        load_keras_model(path)


def test_a_member_that_does_not_unpack_is_refused(saved_model, tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(saved_model) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name))
        offset = copy.getinfo("config.json").header_offset + 30 + len("config.json")
    content = bytearray(path.read_bytes())
    content[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model.keras: not a .keras or .h5 model"):
        load_keras_model(path)


@pytest.mark.parametrize(("field", "value"), [("flag", 1), ("method", 99)])
def test_a_member_that_is_encrypted_or_packed_in_an_unknown_way_is_refused(saved_model, tmp_path, field, value):
    path = tmp_path / "model.keras"
    content = bytearray(saved_model.read_bytes())
    place = 0
    while (place := content.find(b"PK\x01\x02", place)) >= 0:
        content[place + (8 if field == "flag" else 10)] = value
        place += 4
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model.keras: not a .keras or .h5 model"):
        load_keras_model(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_unpacks_without_a_bound_is_refused(saved_model, tmp_path, compression):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(saved_model) as archive, zipfile.ZipFile(path, "w", compression) as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name))
    with pytest.raises(ModelError, match=r"model.keras: not .* \('\S+' is encrypted, or neither stored nor deflated\)"):
        load_keras_model(path)


def test_an_archive_that_unpacks_to_too_much_is_refused(saved_model, monkeypatch):
    monkeypatch.setattr(archive_file, "MAX_MODEL_BYTES", 1000)
    with pytest.raises(ModelError, match=r"tiny.keras: unpacks to \d+ bytes, expected at most 1000"):
        load_keras_model(saved_model)


def test_weights_without_the_model_are_refused(keras_chain, tmp_path):
    path = tmp_path / "only.weights.h5"
    keras_chain(embedding(), layers.LSTM(2), layers.Dense(2)).save_weights(path)
    with pytest.raises(
        ModelError, match=r"only.weights.h5: holds weights without the model; next: .*--architecture FILE"
    ):
        load_keras_model(path)


def test_a_vocabulary_path_in_a_model_file_is_not_read(edit_config, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("password\n")

    def change(document):
        vectorization = {"name": "odd", "vocabulary": str(secret), "output_mode": "int"}
        document["config"]["layers"][0]["config"].update(dtype="string", batch_shape=[None, 1])
        document["config"]["layers"].insert(
            1,
            {
                "module": "keras.layers",
                "class_name": "TextVectorization",
                "config": vectorization,
                "registered_name": None,
            },
        )

    with pytest.raises(ModelError, match=r"edited.keras: "):
        load_keras_model(edit_config(change))


def test_keras_does_not_warn_where_a_mask_ends(recwarn):
    with masks_may_end():
        keras.layers.Conv1D(2, 2)(keras.layers.Embedding(8, 4, mask_zero=True)(np.array([[0, 2, 3]])))
    assert not [found for found in recwarn if "masking" in str(found.message)]


# What the manifest says of a model is the hash of the bytes that were read.


def sha256(*contents):
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def test_the_hash_is_that_of_the_model_file():
    path = GOLDEN / "keras2_bilstm_gru.h5"
    assert open_keras_model(path).sha256 == sha256(path.read_bytes())


def test_the_hash_of_weights_and_of_an_architecture_is_that_of_both():
    weights, architecture = GOLDEN / "keras2_graph.weights.h5", GOLDEN / "keras2_graph_architecture.json"
    assert open_keras_model(weights, architecture).sha256 == sha256(weights.read_bytes(), architecture.read_bytes())


def test_the_hash_of_a_folder_is_that_of_the_files_that_were_read():
    folder = GOLDEN / "keras2_graph"
    names = ("keras_metadata.pb", "variables/variables.data-00000-of-00001", "variables/variables.index")
    assert open_keras_model(folder).sha256 == sha256(*((folder / name).read_bytes() for name in names))


def test_the_hash_covers_the_files_of_replacements(monkeypatch):
    file = SimpleNamespace(
        digests=("m",), model=None, budget=int, vocabularies={}, path="", set_weights=lambda parts: None
    )
    monkeypatch.setattr(keras_file, "read_saved_model", lambda *_: file)
    monkeypatch.setattr(keras_file, "build_model", lambda *_: (None, []))
    given = [Replacement(name, "f.py:f", dict, digest) for name, digest in (("Y", "a"), ("X", "b"), ("Z", "a"))]
    expected = hashlib.sha256(b"m\nb\na").hexdigest()
    assert open_keras_model(Path("model.h5"), None, given).sha256 == expected
    assert open_keras_model(Path("model.h5"), None, given[::-1]).sha256 == expected


def test_a_file_that_is_replaced_while_it_is_read_keeps_its_own_hash(tmp_path, monkeypatch):
    path = tmp_path / "model.h5"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
    expected = sha256(path.read_bytes())
    build = keras_file.build_model

    def late(*given):
        path.write_bytes(b"another model")
        return build(*given)

    monkeypatch.setattr(keras_file, "build_model", late)
    assert open_keras_model(path).sha256 == expected
