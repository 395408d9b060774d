"""Saved models are opened, also those of Keras 2. Other files are refused."""

import json
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.reading import keras_file
from drupelet_export.reading.keras_file import load_keras_model
from drupelet_export.reading.keras_reader import describe_model

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


def test_opening_a_model_of_keras_2_leaves_the_file_as_it_is(tmp_path):
    path = tmp_path / "model.h5"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
    before = path.read_bytes()
    load_keras_model(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: b"garbage", r"edited.keras: not a .keras or .h5 model \(.*\); save with model.save\(\)"),
        (lambda document: b"\xff\xfe", "edited.keras: not a .keras or .h5 model"),
        (lambda document: b"[" * 100_000, "edited.keras: not a .keras or .h5 model"),
        (lambda document: b"[1]", "edited.keras: its configuration is not that of a Keras model; save with model.save"),
        (lambda document: {"class_name": "Sequential", "config": []}, "its configuration is not that of a Keras model"),
        (lambda document: {"class_name": "Sequential", "config": {}}, "edited.keras: its configuration lists no layers"),
        (lambda document: {"class_name": "Sequential", "config": {"layers": [3]}}, "its configuration lists no layers"),
        (lambda document: document.update(class_name="Mine"),
         r"edited.keras: a 'Mine', expected a Sequential or Functional model \(a subclass of Model keeps its layers in Python"),
        (lambda document: document["config"]["layers"][1].update(config=None),
         r"layer 0 of 3, '\?' \(Embedding\): has no configuration; save the model again"),
        (lambda document: document["config"]["layers"][1].update(module="os"), r"layer 0 of 3, '.*' \(Embedding\): not suppor"),
        (lambda document: document["config"]["layers"][2]["config"].update(units=-3), r"Keras 3\.\S+ cannot build"),
        (lambda document: document["config"]["layers"][2]["config"].update(surprise=1), r"Keras 3\.\S+ cannot build the model"),
        (lambda document: document["config"]["layers"][1]["config"].update(input_dim=9), "cannot build the model: "),
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
        (
            lambda chain: chain[1]["config"].update(input_dim=9),
            "The shape of the target variable and the shape of the target value in `variable.assign",
        ),
        (lambda chain: chain[2]["config"].update(units="x"), "'<=' not supported between instances of 'str' and 'int'"),
        (lambda chain: chain[2]["config"].update({"x" * 3000: 1}), "Unrecognized keyword arguments passed to LSTM: "),
    ],
)
def test_a_message_of_keras_is_shortened_to_one_line(edit_config, change, reason):
    with pytest.raises(ModelError) as caught:
        load_keras_model(edit_config(lambda document: change(document["config"]["layers"])))
    told = str(caught.value).partition("cannot build the model: ")[2]
    assert told.startswith(reason)
    assert "\n" not in told
    assert len(told) <= keras_file.MAX_REASON_CHARACTERS + 3


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
    with pytest.raises(ModelError, match=r"model.keras: not a .keras or .h5 model"):
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
    monkeypatch.setattr(keras_file, "MAX_MODEL_BYTES", 1000)
    with pytest.raises(ModelError, match=r"tiny.keras: unpacks to \d+ bytes, expected at most 1000"):
        load_keras_model(saved_model)


def test_weights_without_the_model_are_refused(keras_chain, tmp_path):
    path = tmp_path / "only.weights.h5"
    keras_chain(embedding(), layers.LSTM(2), layers.Dense(2)).save_weights(path)
    with pytest.raises(
        ModelError, match=r"only.weights.h5: holds weights without the model; save it with model.save\("
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
