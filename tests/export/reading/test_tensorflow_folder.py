"""A SavedModel folder of Keras 2: layers from its metadata, weights from its checkpoint."""

import gc
import shutil
import tempfile
from pathlib import Path

import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading import plain_config, tensorflow_folder
from drupelet_export.reading.keras_file import load_keras_model
from drupelet_export.reading.tensorflow_folder import FolderWeights, read_metadata

GOLDEN = Path(__file__).parents[2] / "golden" / "export" / "keras2_graph"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(GOLDEN, tmp_path / "model"))


def refusal(folder):
    with pytest.raises(ModelError) as caught:
        load_keras_model(folder)
    return str(caught.value)


def test_layers_and_weights_are_read():
    config, version, _ = read_metadata(GOLDEN)
    assert (config["class_name"], version.is_before_3) == ("Functional", True)
    assert FolderWeights(GOLDEN).numbers() > 100


def test_a_folder_without_the_metadata_of_keras_is_refused_with_the_way_out(folder):
    (folder / "keras_metadata.pb").unlink()
    told = refusal(folder)
    assert (
        "a SavedModel, which is a program and not a list of layers, without keras_metadata.pb; next: model.save("
        in told
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "names no model; next: "),
        (b"\x0b", "not a protocol buffer"),
        (
            b'\x0a\x0f\x1a\x04root\x2a\x07{"a":1}',
            "has no layers: a subclass of Model keeps them in Python code; next: ",
        ),
        (b"\x0a\x09\x1a\x04root\x2a\x01{", "its configuration is not JSON"),
    ],
)
def test_metadata_that_is_none_is_refused(folder, content, message):
    (folder / "keras_metadata.pb").write_bytes(content)
    assert message in refusal(folder)


def test_weights_that_are_missing_or_damaged_are_refused(folder):
    index = folder / "variables" / "variables.index"
    index.write_bytes(index.read_bytes()[:100])
    assert "its weights cannot be read (" in refusal(folder)
    index.unlink()
    assert "its weights cannot be read (" in refusal(folder)


def test_weights_that_claim_more_than_the_files_hold_are_refused(folder):
    data = folder / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(b"")
    assert "its weights " in refusal(folder)


@pytest.mark.parametrize(
    "name", ["keras_metadata.pb", "variables/variables.index", "variables/variables.data-00000-of-00001", "variables"]
)
def test_a_link_out_of_the_folder_is_refused(folder, tmp_path, name):
    outside = tmp_path / "outside"
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    assert "a link out of" in refusal(folder)


def test_the_copy_of_the_checkpoint_goes_away_with_its_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    weights = FolderWeights(GOLDEN)
    assert [path.name.rpartition("-")[0] for path in tmp_path.iterdir()] == ["drupelet-checkpoint"]
    del weights
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_is_too_long_is_refused(folder, monkeypatch):
    monkeypatch.setattr(tensorflow_folder, "MAX_CHECKPOINT_BYTES", 100)
    size = sum(path.stat().st_size for path in (folder / "variables").iterdir())
    told = f"variables: {size} bytes of weights, expected at most 100; next: save the model without its optimizer"
    monkeypatch.setattr(tensorflow_folder, "copy_source_file", lambda *_: pytest.fail("a file was read"))
    assert told in refusal(folder)


def test_all_files_of_a_checkpoint_count(folder, monkeypatch):
    sizes = [path.stat().st_size for path in (folder / "variables").iterdir()]
    assert len(sizes) > 1
    monkeypatch.setattr(tensorflow_folder, "MAX_CHECKPOINT_BYTES", sum(sizes))
    load_keras_model(folder)
    monkeypatch.setattr(tensorflow_folder, "MAX_CHECKPOINT_BYTES", sum(sizes) - 1)
    assert f"expected at most {sum(sizes) - 1}" in refusal(folder)


def test_a_checkpoint_that_grows_while_it_is_copied_is_refused(folder, monkeypatch):
    copy = tensorflow_folder.copy_source_file

    def grown(path, *rest):
        path.write_bytes(path.read_bytes() + b"x" * 1000)
        return copy(path, *rest)

    monkeypatch.setattr(tensorflow_folder, "copy_source_file", grown)
    size = sum(path.stat().st_size for path in (folder / "variables").iterdir())
    monkeypatch.setattr(tensorflow_folder, "MAX_CHECKPOINT_BYTES", size)
    assert "has more than" in refusal(folder)


def test_metadata_of_too_many_values_is_refused_before_it_is_parsed(folder, monkeypatch):
    text = b"[" + b"[]," * (1 << 21) + b"[]]"

    def field(number, content):
        size, encoded = len(content), b""
        while size > 127:
            encoded += bytes([size & 127 | 128])
            size >>= 7
        return bytes([number << 3 | 2]) + encoded + bytes([size]) + content

    monkeypatch.setattr(plain_config.json, "loads", lambda _: pytest.fail("it was parsed"))
    (folder / "keras_metadata.pb").write_bytes(field(1, field(3, b"root") + field(5, text)))
    assert "keras_metadata.pb: its configuration has more than 2097152 values" in refusal(folder)
