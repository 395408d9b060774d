"""The types that Keras writes, their values in attributes, and how others are named."""

import h5py
import numpy as np
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.hdf5_file import Hdf5File
from export.reading.hdf5.hdf5_files import same_as_library, written


@pytest.mark.parametrize("kind", ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
def test_numbers_of_each_width_and_order(kind):
    same_as_library(written(lambda file: file.create_dataset("a", data=np.array([[1.5, -2], [np.inf, 0]], kind))))


def test_attributes_of_each_kind():
    def fill(file):
        file.attrs["one"] = "é and more"
        file.attrs["fixed"] = np.bytes_("fixed")
        file.attrs["list"] = np.array([b"abc", b"", b"a"])
        file.attrs["texts"] = ["a", "", "b" * 300]
        file.attrs["none"] = []
        file.attrs["number"] = np.array([5, -6], ">i4")
        file.attrs["long"] = "x" * 70_000

    same_as_library(written(fill))


@pytest.mark.parametrize(("padding", "told"), [("NULLTERM", "ab"), ("NULLPAD", "ab"), ("SPACEPAD", "ab")])
def test_strings_are_cut_where_their_filling_begins(padding, told):
    def fill(file):
        kind = h5py.h5t.C_S1.copy()
        kind.set_size(6)
        kind.set_strpad(getattr(h5py.h5t, f"STR_{padding}"))
        attribute = h5py.h5a.create(file.id, b"text", kind, h5py.h5s.create(h5py.h5s.SCALAR))
        attribute.write(np.array(b"ab", "S6"))

    assert Hdf5File(written(fill), "here").text("", "text") == told


def test_no_value_and_lists_as_a_text():
    def fill(file):
        file.attrs["empty"] = h5py.Empty("f4")
        file.attrs["list"] = ["a", "b"]

    file = Hdf5File(written(fill), "here")
    assert (file.text("", "empty"), file.texts("", "empty"), file.text("", "list")) == (None, None, "['a', 'b']")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (np.array([True]), "enumerated values"),
        (np.zeros(2, np.complex64), "compounds"),
        (np.zeros(2, "V2"), "opaque bytes"),
        (["a"], "strings"),
        (np.zeros(2, ">u8"), "uint64"),
    ],
)
def test_other_types_are_named(data, told):
    file = Hdf5File(written(lambda file: file.create_dataset("odd", data=data)), "here")
    with pytest.raises(ModelError, match=rf"^here: 'odd' holds {told}, expected floating-point numbers"):
        file.array("odd")


def refusal(old, new, name="n"):
    def fill(file):
        file.attrs["n"] = ["first", "second"]
        file.attrs["odd"] = [True]

    content = written(fill)
    assert content.count(old) == 1
    file = Hdf5File(content.replace(old, new), "here")
    with pytest.raises(ModelError) as caught:
        file.texts("", name)
    return str(caught.value)


def test_a_string_that_is_not_there_is_refused():
    assert "attribute 'n': no string" in refusal(
        b"\2\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0first", b"\7\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0first"
    )
    assert "attribute 'n': a collection of strings" in refusal(b"GCOL", b"GCOX")


def test_an_attribute_of_another_type_is_refused():
    assert "attribute 'odd' holds enumerated values, expected strings or numbers" in refusal(b"first", b"other", "odd")


def test_one_string_is_not_used_again_and_again():
    """Sixteen bytes name a string, so a small file could make texts of any length."""

    def fill(file):
        file.attrs["n"] = ["x" * 5000] + ["y"] * 100

    content = written(fill)
    place = content.index((5000).to_bytes(4, "little"))
    content = content[:place] + content[place : place + 16] * 101 + content[place + 16 * 101 :]
    with pytest.raises(ModelError, match="or one that is used again and again"):
        Hdf5File(content, "here").texts("", "n")
