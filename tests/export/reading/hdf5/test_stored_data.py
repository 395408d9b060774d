"""Datasets in one piece and in chunks, with each filter that is a part of HDF5."""

import h5py
import numpy as np
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.hdf5_file import Hdf5File
from export.reading.hdf5.hdf5_files import same_as_library, some_numbers, written


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (10, 4)},
        {"chunks": (41, 9), "compression": "gzip"},
        {"chunks": (10, 4), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (1, 3), "fletcher32": True},
        {"chunks": (50, 2), "maxshape": (None, 9), "shuffle": True},
    ],
)
def test_data_in_every_form(options):
    same_as_library(written(lambda file: file.create_dataset("a", data=some_numbers(41, 9), **options)))


def test_no_numbers_and_one():
    def fill(file):
        file["none"] = np.zeros((0, 3), np.float32)
        file["one"] = np.float32(3)

    same_as_library(written(fill))


def test_compact_data():
    def fill(file):
        options = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        options.set_layout(h5py.h5d.COMPACT)
        place = h5py.h5d.create(file.id, b"a", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((4,)), options)
        place.write(h5py.h5s.ALL, h5py.h5s.ALL, some_numbers(4))

    same_as_library(written(fill))


def chunked(**options):
    return written(lambda file: file.create_dataset("a", data=some_numbers(8), chunks=(4,), **options))


def refusal(content):
    with pytest.raises(ModelError) as caught:
        Hdf5File(content, "here").array("a")
    return str(caught.value)


def test_another_checksum_is_refused():
    content = chunked(fletcher32=True)
    bad = content.replace(some_numbers(8)[4:].tobytes(), some_numbers(8)[3:7].tobytes())
    assert "has another checksum; it is damaged); copy the file again" in refusal(bad)


def test_bytes_that_do_not_unpack_are_refused():
    content = chunked(compression="gzip")
    place = content.index(b"\x78\x5e") if b"\x78\x5e" in content else content.index(b"\x78\x9c")
    assert "cannot be unpacked" in refusal(content[:place] + b"\0\0" + content[place + 2 :])


def test_chunks_that_leave_a_hole_are_refused():
    content = chunked()
    key = (16).to_bytes(4, "little") + bytes(4) + (4).to_bytes(8, "little")
    assert key in content
    assert "2 chunks, which do not make up the dataset" in refusal(content.replace(key, key[:8] + bytes(8)))


def test_chunks_of_a_newer_layout_are_refused():
    content = written(lambda file: file.create_dataset("a", data=some_numbers(8), chunks=(4,)), libver="latest")
    with pytest.raises(ModelError, match="chunks in layout 4, which Keras does not write"):
        Hdf5File(content, "here")


def test_a_dataset_of_nothing_is_refused():
    assert "a dataset without numbers" in refusal(written(lambda file: file.create_dataset("a", dtype="f4")))


def test_a_dataset_of_nothing_with_an_absurd_length_is_refused():
    content = written(lambda file: file.create_dataset("a", (0, 77_777), np.float32))
    shape = (77_777).to_bytes(8, "little")
    assert shape in content
    assert "a dataset of the shape (0, 1152921504606846976)" in refusal(
        content.replace(shape, (1 << 60).to_bytes(8, "little"))
    )


def test_other_objects_are_refused():
    with pytest.raises(ModelError, match="an object that is neither a group nor a dataset"):
        Hdf5File(written(lambda file: file.__setitem__("a", np.dtype("f4"))), "here")


def test_data_that_lies_over_other_data_is_refused():
    """So a small file cannot have the weights of a large one."""

    def fill(file):
        file["a"] = some_numbers(100_000)
        for name in "bc":
            file.create_dataset(name, (100_000,), np.float32)

    content = written(fill)
    address = content.index(some_numbers(100_000).tobytes()).to_bytes(8, "little")
    size = (400_000).to_bytes(8, "little")
    assert content.count(b"\xff" * 8 + size) == 2
    with pytest.raises(ModelError, match="claims 400000 bytes but stores 400000; the file is damaged"):
        Hdf5File(content.replace(b"\xff" * 8 + size, address + size), "here")
