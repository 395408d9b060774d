"""A SavedModel folder of Keras 2: layers from its metadata, weights from its checkpoint."""

import shutil
from pathlib import Path

import pytest

from drupelet_export.errors import ModelError
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
    config, version = read_metadata(GOLDEN)
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
