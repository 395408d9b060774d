"""Names in a pickle that mean plain data: numbers and arrays of NumPy, sets, bytes."""

import pickle
import struct

import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet_export.reading.pickled_globals import array_values
from drupelet_export.reading.restricted_pickle import read_pickle

PROTOCOLS = range(6)


def same(read, expected):
    """Equal, and of equal types, but that ordered and default dicts become dicts."""
    if isinstance(expected, dict):
        assert type(read) is dict
        assert list(read) == list(expected)
        for key, value in expected.items():
            same(read[key], value)
    elif isinstance(expected, (list, tuple)):
        assert type(read) is type(expected)
        assert len(read) == len(expected)
        for one, other in zip(read, expected, strict=True):
            same(one, other)
    else:
        assert type(read) is type(expected)
        assert read == expected


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_values_become_those_of_python(protocol):
    values = [
        np.int64(-5),
        np.int32(7),
        np.uint8(200),
        np.float64(1.5),
        np.float32(0.5),
        np.bool_(True),
        np.str_("é\u3000"),
    ]
    read = read_pickle(pickle.dumps(values, protocol), "file").value
    same(read, [-5, 7, 200, 1.5, 0.5, True, "é\u3000"])
    assert read_pickle(pickle.dumps(np.array([7], ">i8")[0], protocol), "file").value == 7


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("array", "values"),
    [
        (np.array(["", "[UNK]", "né"]), ["", "[UNK]", "né"]),
        (np.array(["", "the", None], dtype=object), ["", "the", None]),
        (np.array([b"a", b"bc"]), [b"a", b"bc"]),
        (np.array([1, -2, 3]), [1, -2, 3]),
        (np.array([1, 2], dtype=">i2"), [1, 2]),
        (np.zeros((2, 2)), None),
        (np.array(5), None),
        (np.array(["2020-01-01"], dtype="M8[D]"), None),
    ],
)
def test_arrays_of_one_dimension_have_values(array, values, protocol):
    assert array_values(read_pickle(pickle.dumps(array, protocol), "file").value) == values


def test_names_of_plain_data_with_other_arguments_are_refused(canary):
    def calls(module, name, arguments):
        return f"c{module}\n{name}\n".encode() + arguments + b"R."

    for module, name, arguments in [
        ("collections", "OrderedDict", b"(K\x01t"),
        ("collections", "OrderedDict", b"(](K\x01tat"),
        ("collections", "OrderedDict", b"(]((K\x01K\x02t(K\x01K\x03tet"),
        ("builtins", "set", b"(K\x05t"),
        ("builtins", "bytearray", b"(K\x7ft"),
        ("_codecs", "encode", b"(Va\nVrot13\nt"),
        ("_codecs", "encode", b"(V\\u3000\nVlatin1\nt"),
        ("copyreg", "_reconstructor", b"(NNNt"),
        ("copyreg", "__newobj__", b"(t"),
        ("numpy.core.multiarray", "scalar", b"(NNt"),
        ("numpy.core.multiarray", "scalar", b"(cnumpy\ndtype\n(Vi8\ntRC\x02abt"),
        ("numpy.core.multiarray", "scalar", b"(cnumpy\ndtype\n(VO8\ntRC\x02abt"),
    ]:
        with pytest.raises(InputError, match=rf"^file: byte \d+: {module}\.{name}: "):
            read_pickle(calls(module, name, arguments), "file")


@pytest.mark.parametrize("value", [5, -5, 200, 60000, 2**40])
def test_numpy_numbers_of_python_2(value):
    raw = struct.pack("<q", value)
    quoted = b"S'" + b"".join(b"\\x%02x" % byte for byte in raw) + b"'\n"
    dtype = b"cnumpy\ndtype\n(S'i8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
    assert read_pickle(b"cnumpy.core.multiarray\nscalar\n(" + dtype + quoted + b"tR.", "file").value == value
