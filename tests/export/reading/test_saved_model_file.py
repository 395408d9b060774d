"""Each form of a file is known by its content. What is missing is named, with the option that gives it."""

import json
import shutil
import tracemalloc
import zipfile
from pathlib import Path

import h5py
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.saved_model_file import read_saved_model

GOLDEN = Path(__file__).parents[2] / "golden" / "export"
ARCHITECTURE = GOLDEN / "keras2_graph_architecture.json"
WEIGHTS = GOLDEN / "keras2_graph.weights.h5"


def refusal(path, architecture=None):
    with pytest.raises(ModelError) as caught:
        read_saved_model(path, architecture)
    return str(caught.value)


def test_a_file_is_read_into_layers_and_numbers():
    file = read_saved_model(GOLDEN / "keras2_bilstm_gru.h5")
    assert [layer.class_name for layer in file.model.layers] == [
        "InputLayer", "Embedding", "SpatialDropout1D", "Bidirectional", "GRU", "Dense",
    ]  # fmt: skip
    assert (file.model.kind, file.version.is_before_3, file.vocabularies) == ("Sequential", True, {})
    assert file.weights.numbers() == 8 * 4 + 2 * (4 * 12 + 3 * 12 + 12) + 6 * 9 + 3 * 9 + 2 * 9 + 3 + 1


def test_a_git_lfs_pointer_is_told(tmp_path):
    path = tmp_path / "model.h5"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert refusal(path) == f"{path}: a pointer of Git LFS, not the model itself; next: git lfs pull"


def test_a_small_file_takes_little_memory_while_it_is_read(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"no model")
    tracemalloc.start()
    refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 22


def test_weights_alone_need_an_architecture():
    assert "holds weights without the model; next: " in refusal(WEIGHTS)
    assert "or give the file of model.to_json() as --architecture FILE" in refusal(WEIGHTS)


def test_an_architecture_alone_needs_weights():
    assert f"holds the architecture without its weights; next: .* --architecture {ARCHITECTURE}".split(".*")[
        0
    ] in refusal(ARCHITECTURE)


def test_an_architecture_beside_a_whole_archive_is_refused():
    told = refusal(GOLDEN / "keras2_graph.keras", ARCHITECTURE)
    assert f"holds no weights in HDF5, expected a .weights.h5 or .h5 file beside --architecture {ARCHITECTURE}" in told


def test_an_architecture_is_no_whole_model():
    assert "expected the text of model.to_json() for --architecture" in refusal(WEIGHTS, GOLDEN / "keras2_graph.keras")
    assert "nothing.json: not found" in refusal(WEIGHTS, GOLDEN / "nothing.json")


def test_json_in_a_string_and_yaml_are_architectures(tmp_path):
    yaml = pytest.importorskip("yaml")
    document = json.loads(ARCHITECTURE.read_text())
    (tmp_path / "string.json").write_text(json.dumps(ARCHITECTURE.read_text()))
    (tmp_path / "model.yaml").write_text(yaml.safe_dump(document))
    expected = read_saved_model(WEIGHTS, ARCHITECTURE).model
    for name in ("string.json", "model.yaml"):
        model = read_saved_model(WEIGHTS, tmp_path / name).model
        assert [layer.name for layer in model.layers] == [layer.name for layer in expected.layers]


def test_an_hdf5_file_of_something_else_is_refused(tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["numbers"] = [1, 2]
    assert refusal(tmp_path / "data.h5").endswith("data.h5: an HDF5 file, but not one of Keras; save with model.save()")


def test_the_bytes_that_are_checked_are_those_that_are_used(tmp_path):
    path = tmp_path / "model.h5"
    shutil.copy(GOLDEN / "keras2_bilstm_gru.h5", path)
    file = read_saved_model(path)
    path.write_bytes(b"")
    assert file.weights.array("model_weights/embedding/embedding/embeddings:0").shape == (8, 4)


# Files that are two things at once: the first bytes decide.


def names_of(path):
    return [layer.name for layer in read_saved_model(path).model.layers]


@pytest.mark.parametrize("block", [512, 1024, 1 << 20])
def test_an_hdf5_file_with_a_user_block_is_called_so(tmp_path, block):
    path = tmp_path / "model.h5"
    path.write_bytes(b"#!/bin/sh\n".ljust(block, b"\0") + (GOLDEN / "keras2_bilstm_gru.h5").read_bytes())
    message = (
        f"an HDF5 file with a user block: its content begins at byte {block}, expected at byte 0; next: h5unjam -i"
    )
    assert message in refusal(path)


def test_a_user_block_before_an_archive_is_not_read_as_the_archive(tmp_path):
    path = tmp_path / "model.keras"
    parts = (
        b"".ljust(512, b"\0"),
        (GOLDEN / "keras2_bilstm_gru.h5").read_bytes(),
        (GOLDEN / "keras2_graph.keras").read_bytes(),
    )
    path.write_bytes(b"".join(parts))
    assert "an HDF5 file with a user block" in refusal(path)


def test_an_h5_file_with_an_archive_behind_it_is_the_h5_file(tmp_path):
    path = tmp_path / "model.keras"
    first, second = (GOLDEN / "keras2_bilstm_gru.h5").read_bytes(), (GOLDEN / "keras2_graph.keras").read_bytes()
    path.write_bytes(first + second)
    assert names_of(path) == names_of(GOLDEN / "keras2_bilstm_gru.h5") != names_of(GOLDEN / "keras2_graph.keras")


def test_an_archive_that_holds_hdf5_where_a_user_block_would_end_is_an_archive(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive, zipfile.ZipFile(GOLDEN / "keras2_graph.keras") as whole:
        archive.writestr("filler", bytes(512 - 30 - len("filler") - 30 - len("model.weights.h5")))
        for name in ("model.weights.h5", "config.json", "metadata.json"):
            archive.writestr(name, whole.read(name))
    assert path.read_bytes()[512:516] == b"\x89HDF"
    assert names_of(path) == names_of(GOLDEN / "keras2_graph.keras")
