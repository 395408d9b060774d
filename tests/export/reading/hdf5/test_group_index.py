"""The members of a group, in each way that HDF5 stores them."""

import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.hdf5_file import Hdf5File
from export.reading.hdf5.hdf5_files import same_as_library, some_numbers, written


@pytest.mark.parametrize("track_order", [False, True])
@pytest.mark.parametrize("count", [1, 8, 9, 400])
def test_groups_of_any_size(track_order, count):
    def fill(file):
        group = file.create_group("layers", track_order=track_order)
        for number in range(count):
            group[f"a_longer_name_of_a_layer_{number}"] = some_numbers(number % 3 + 1, 2)

    same_as_library(written(fill))


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
def test_files_of_every_version(libver):
    def fill(file):
        file["layers/dense/vars/0"] = some_numbers(2, 3)
        file.create_group("layers/empty")
        file.attrs["layer_names"] = ["dense", "empty"]

    same_as_library(written(fill, libver=libver))


def damaged(old, new):
    content = written(lambda file: [file.__setitem__(f"a{number}", some_numbers(2)) for number in range(400)])
    assert old in content
    with pytest.raises(ModelError) as caught:
        Hdf5File(content.replace(old, new), "here")
    return str(caught.value)


def test_members_of_one_name_are_refused():
    assert "a group has two members of one name" in damaged(b"a11\0", b"a12\0")


def test_a_tree_of_another_kind_is_refused():
    assert "kind 1, expected 0" in damaged(b"TREE\0", b"TREE\1")


def test_a_tree_that_is_higher_than_it_says_is_refused():
    assert "has the level 0" in damaged(b"TREE\0\1", b"TREE\0\2")
    assert "has the level 200" in damaged(b"TREE\0\1", b"TREE\0\xc8")


def test_another_table_is_refused():
    assert "begins with b'SNOX', expected b'SNOD'" in damaged(b"SNOD", b"SNOX")
