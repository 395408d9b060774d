"""Values of a pickle: how large they are, and how people are told of them."""

import struct

import pytest

from drupelet.errors import InputError
from drupelet_export.reading.pickled_globals import Global, Record
from drupelet_export.reading.plain_value import MAX_DEPTH, described, refuse_unbounded
from drupelet_export.reading.restricted_pickle import read_pickle


def test_long_texts_shared_many_times_are_refused():
    word = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20)
    content = b"](" + word + b"q\0" + b"h\0" * 600 + b"e."
    with pytest.raises(InputError, match="takes more than 536870912 characters"):
        read_pickle(content, "file")


def test_values_are_described_in_few_words():
    assert described("a" * 1000) == f"the text {'a' * 60!r}"
    assert described([1] * 5) == "a list of 5"
    assert described(None) == "None"
    assert described(1.5) == "the float 1.5"
    assert described(b"ab") == "the bytes b'ab'"
    assert described(Global("os", "system")) == "the name os.system"
    assert described(2**2000).startswith("the int 1148")
    assert len(described(2**2000)) < 80


def test_depth_counts_wherever_a_shared_value_is_used():
    value = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    refuse_unbounded(value, "file")
    with pytest.raises(InputError, match=f"^file: values are nested more than {MAX_DEPTH} deep, which is the limit; "):
        refuse_unbounded([value], "file")
    shallow_first = [[]]
    for _ in range(MAX_DEPTH):
        shallow_first.append([shallow_first[-1]])
    with pytest.raises(InputError, match="nested more than"):
        refuse_unbounded(shallow_first, "file")


def test_a_value_that_contains_itself_is_refused():
    value = {"a": ()}
    value["a"] = ([value],)
    with pytest.raises(InputError, match=r"^file: a dict of 1 contains itself, expected plain data; "):
        refuse_unbounded(value, "file")
    record = Record("a", "b")
    record.state = {"self": record}
    with pytest.raises(InputError, match=r"^file: an instance of a.b contains itself"):
        refuse_unbounded(record, "file")
    shared = ["the"]
    refuse_unbounded([shared, shared, {"a": shared}], "file")
