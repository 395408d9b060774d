"""HDF5 files that h5py writes for the tests, and what this reader and the library find in them."""

from __future__ import annotations

import io

import h5py
import numpy as np

from drupelet_export.errors import ModelError
from drupelet_export.reading.hdf5_file import Hdf5File


def written(fill, **options):
    """The bytes of an HDF5 file that a function fills."""
    place = io.BytesIO()
    with h5py.File(place, "w", **options) as file:
        fill(file)
    return place.getvalue()


def same_as_library(content):
    """Asserts that every group, attribute and array is the one that h5py reads."""
    own = Hdf5File(content, "here")
    with h5py.File(io.BytesIO(content)) as file:
        items = {"": file}
        file.visititems(lambda name, item: items.__setitem__(name, item))
        for path, item in items.items():
            assert path in own or path == ""
            for name, value in item.attrs.items():
                texts = [item.decode() if isinstance(item, bytes) else str(item) for item in np.ravel(value)]
                assert own.texts(path, name) == texts
            if isinstance(item, h5py.Group):
                assert own.names(path) == sorted(item)
            else:
                np.testing.assert_array_equal(own.array(path), item[()].astype(np.float32))
    assert set(own.datasets("")) == {path for path, item in items.items() if isinstance(item, h5py.Dataset)}


def read_all(content):
    """Reads whatever is in a file. True when nothing of it was refused."""
    try:
        file = Hdf5File(content, "here")
    except ModelError:
        return False
    whole = True
    for path in ["", *file.names(""), *file.datasets("")]:
        for name in ("keras_version", "layer_names", "weight_names", "n"):
            try:
                file.texts(path, name)
                if path in file.datasets(""):
                    file.array(path)
            except ModelError:
                whole = False
    return whole


def some_numbers(*shape):
    return np.arange(1, 1 + int(np.prod(shape)), dtype=np.float32).reshape(shape)
