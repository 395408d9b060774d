"""HDF5 files are read from their bytes alone: no links, no other files, no plug-ins, no sizes that are not there."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading import hdf5_file
from drupelet_export.reading.hdf5_file import Hdf5File
from export.reading.hdf5.hdf5_files import read_all, written


def refusal(fill):
    with pytest.raises(ModelError) as caught:
        Hdf5File(written(fill), "here")
    return str(caught.value)


def sound(file):
    file["layers/dense/vars/0"] = np.arange(6, dtype=np.float32).reshape(2, 3)
    file.create_dataset("layers/dense/vars/1", data=np.ones(1000, np.float16), compression="gzip", shuffle=True)
    file["layers"].attrs["weight_names"] = [b"a", b"b"]
    file["layers"].attrs["layer_names0"] = ["c"]
    file["layers"].attrs["layer_names1"] = ["d"]
    file.attrs["keras_version"] = b"2.2.4"


def test_arrays_and_attributes_are_read():
    file = Hdf5File(written(sound), "here")
    np.testing.assert_array_equal(file.array("layers/dense/vars/0"), [[0, 1, 2], [3, 4, 5]])
    assert file.array("layers/dense/vars/1").dtype == np.float32
    assert (file.numbers(), file.names("layers/dense/vars"), file.names("other")) == (1006, ["0", "1"], [])
    assert ("layers/dense" in file, "dense" in file) == (True, False)
    assert (file.text("", "keras_version"), file.text("", "backend"), file.text("nowhere", "x")) == (
        "2.2.4",
        None,
        None,
    )
    assert (file.texts("layers", "weight_names"), file.texts("layers", "layer_names")) == (["a", "b"], ["c", "d"])
    assert file.texts("", "layer_names") is None


@pytest.mark.parametrize(
    "link", [h5py.ExternalLink("/etc/passwd", "/a"), h5py.SoftLink("/layers"), h5py.SoftLink("/no")]
)
def test_links_are_refused(link):
    told = refusal(lambda file: (sound(file), file["layers"].__setitem__("odd", link)))
    assert told == "here: 'layers/odd' is a link to another place, expected data of its own; save the model again"


def test_cycles_are_refused():
    told = refusal(lambda file: (sound(file), file["layers/dense"].__setitem__("again", file["layers"])))
    assert told == "here: 'layers/dense/again' has two names in the file; save the model again"


def test_external_storage_and_virtual_datasets_are_refused(tmp_path):
    def external(file):
        file.create_dataset("odd", (4,), "f4", external=[(str(tmp_path / "other"), 0, 16)])

    def virtual(file):
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "a", (4,))
        file.create_virtual_dataset("odd", layout)

    for fill in (external, virtual):
        assert refusal(fill) == "here: 'odd' lies in another file; save the model again"


@pytest.mark.parametrize("chunks", [None, (1000, 1000)])
def test_a_dataset_without_its_data_is_refused(chunks):
    told = refusal(lambda file: file.create_dataset("odd", (1_000_000, 1_000_000), "f4", chunks=chunks))
    assert told.startswith("here: 'odd' claims 4000000000000 bytes but stores 0; the file is damaged")


def test_a_filter_that_is_a_plug_in_is_refused():
    told = refusal(lambda file: file.create_dataset("odd", data=np.zeros(100), compression="lzf"))
    assert told == "here: 'odd' is packed by a plug-in of HDF5; save the model without it"


def test_limits_are_kept(monkeypatch):
    monkeypatch.setattr(hdf5_file, "MAX_OBJECTS", 3)
    assert refusal(sound) == "here: has more than 3 groups and datasets; save the model again"
    monkeypatch.undo()
    monkeypatch.setattr(hdf5_file, "MAX_WEIGHT_BYTES", 20)
    assert refusal(sound) == "here: its weights have more than 20 bytes"
    monkeypatch.undo()
    monkeypatch.setattr(hdf5_file, "MAX_ATTRIBUTE_ITEMS", 1)
    with pytest.raises(ModelError, match=r"^here: attribute 'weight_names' of 'layers' is too long"):
        Hdf5File(written(sound), "here").texts("layers", "weight_names")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.zeros(3, np.int8), "holds int8, expected floating-point numbers; quantized models are not read"),
        (np.array([b"x"]), "holds |S1, expected floating-point numbers"),
    ],
)
def test_numbers_of_another_kind_are_refused(data, message):
    file = Hdf5File(written(lambda file: file.__setitem__("odd", data)), "here")
    with pytest.raises(ModelError) as caught:
        file.array("odd")
    assert message in str(caught.value)


def test_a_missing_array_is_named():
    file = Hdf5File(written(sound), "here")
    for path in ("layers/gone", "layers"):
        with pytest.raises(ModelError, match=rf"^here: has no weights '{path}'; save the model again$"):
            file.array(path)


def test_bfloat16_is_refused():
    def fill(file):
        file["odd"] = np.zeros(3, np.float16)
        file["odd"].attrs["dtype"] = "bfloat16"

    with pytest.raises(ModelError, match=r"^here: 'odd' is stored as bfloat16, expected float32"):
        Hdf5File(written(fill), "here").array("odd")


DAMAGED = Path(__file__).parent / "hdf5" / "damaged"


@pytest.mark.parametrize(
    ("name", "whole"), [("segmentation_fault", False), ("hang_in_a_heap", True), ("hang_in_a_string", True)]
)
def test_files_that_kill_the_library_are_read_or_refused(name, whole):
    """The HDF5 library has a segmentation fault, or never returns. Each differs from a sound file by one byte."""
    assert read_all((DAMAGED / f"{name}.h5").read_bytes()) == whole


def test_the_library_has_no_part_in_it():
    program = "import sys, drupelet_export.reading.saved_model_file; print('h5py' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_long_paths_are_refused(monkeypatch):
    monkeypatch.setattr(hdf5_file, "MAX_PATH_CHARACTERS", 50)
    assert refusal(sound).startswith("here: its groups and datasets have paths of more than 50 characters in all; save")


@pytest.mark.parametrize(
    ("place", "byte", "told"),
    [
        (8, 9, "the file at byte 8: version 9, expected 0 or 1 or 2 or 3"),
        (13, 4, "the file at byte 13: bytes of an address 4, expected 8"),
        (24, 1, "the file at byte 24: first address 1, expected 0"),
        (43, 1, " bytes of "),
    ],
)
def test_another_head_is_refused(place, byte, told):
    content = bytearray(SOUND)
    content[place] = byte
    with pytest.raises(
        ModelError, match=rf"^here: not a .keras or .h5 model \(.*{told}.*\); save with model.save\(\)$"
    ):
        Hdf5File(bytes(content), "here")


SOUND = written(sound)


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", SOUND[:1000], b"PK\x03\x04"])
def test_what_is_no_hdf5_file_is_refused(content):
    with pytest.raises(ModelError, match=r"^here: not a .keras or .h5 model \(.*\); save with model.save\(\)$"):
        Hdf5File(content, "here")
