"""Pickles become plain data, and nothing in them is run."""

import collections
import io
import os
import pickle
import re
from collections import OrderedDict, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, InputError
from drupelet_export.reading import plain_value, restricted_pickle
from drupelet_export.reading.pickled_globals import Record
from drupelet_export.reading.restricted_pickle import read_pickle

PROTOCOLS = range(6)


KEYS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.text(), st.binary()
)


LEAVES = st.one_of(KEYS, st.integers(-(2**2000), 2**2000))


PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(KEYS | st.tuples(KEYS, KEYS), inner),
        st.sets(KEYS),
        st.frozensets(KEYS),
        st.dictionaries(st.text(), inner).map(OrderedDict),
        st.dictionaries(st.text(), inner).map(lambda items: defaultdict(int, items)),
    ),
    max_leaves=30,
)


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


@given(PLAIN, st.sampled_from(PROTOCOLS))
@settings(max_examples=300, deadline=None)
def test_plain_data_is_read_as_it_was_written(value, protocol):
    read = read_pickle(pickle.dumps(value, protocol), "file")
    same(read.value, value)
    assert read.findings == ()


@given(PLAIN, st.sampled_from(PROTOCOLS), st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_pickles_raise_an_error_of_the_project(value, protocol, data):
    content = bytearray(pickle.dumps(value, protocol))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        read_pickle(bytes(content), "file")
    except DrupeletError as error:
        assert str(error).startswith("file: ")  # noqa: PT017


OPERATIONS = [
    bytes([code]) for code in range(256) if restricted_pickle._PUSHES[code] or restricted_pickle._ACTIONS[code]
]


@given(
    st.lists(
        st.one_of(st.sampled_from(OPERATIONS), st.binary(max_size=3), st.sampled_from([b"1\n", b"a\nb\n", b"(", b"."]))
    )
)
@settings(max_examples=1000, deadline=None)
def test_random_operations_raise_an_error_of_the_project(parts):
    try:
        read_pickle(b"".join(parts) + b".", "file")
    except DrupeletError as error:
        assert str(error).startswith("file: ")  # noqa: PT017


class Owner:
    def __init__(self):
        self.word_index = {"the": 1}


class Slots:
    __slots__ = ("words",)

    def __init__(self):
        self.words = ["the"]


class Words(dict):
    pass


class Items(list):
    pass


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_instances_become_records(protocol):
    record = read_pickle(pickle.dumps(Owner(), protocol), "file").value
    assert (type(record), record.name, record.state) == (Record, "Owner", {"word_index": {"the": 1}})
    words = read_pickle(pickle.dumps(Words({"the": 1}), protocol), "file").value
    assert (words.name, words.items) == ("Words", {"the": 1})
    items = read_pickle(pickle.dumps(Items(["the"]), protocol), "file").value
    assert (items.name, items.elements) == ("Items", ["the"])
    counts = read_pickle(pickle.dumps(collections.Counter("aab"), protocol), "file").value
    assert (counts.is_from("collections", "Counter"), counts.args) == (True, ({"a": 2, "b": 1},))
    assert read_pickle(pickle.dumps(len, protocol), "file").value.name == "len"
    if protocol >= 2:
        assert read_pickle(pickle.dumps(Slots(), protocol), "file").value.state == (None, {"words": ["the"]})


def short(text):
    return b"\x8c" + bytes([len(text.encode())]) + text.encode()


@pytest.mark.parametrize("way", ["reduce0", "reduce2", "reduce4", "inst", "obj", "newobj", "newobj_ex", "dumps"])
def test_calls_are_noted_and_not_made(canary, way):
    shell = f"touch {canary}"
    quoted = f"S'{shell}'\n".encode()

    class Hostile:
        def __reduce__(self):
            return os.system, (shell,)

    content = {
        "reduce0": b"cos\nsystem\n(" + quoted + b"tR.",
        "reduce2": b"\x80\x02cos\nsystem\n(" + quoted + b"tR.",
        "reduce4": b"\x80\x04" + short("os") + short("system") + b"\x93" + short(shell) + b"\x85R.",
        "inst": b"(" + quoted + b"ios\nsystem\n.",
        "obj": b"(cos\nsystem\n" + quoted + b"o.",
        "newobj": b"\x80\x04cos\nsystem\n(" + quoted + b"t\x81.",
        "newobj_ex": b"\x80\x04cos\nsystem\n(" + quoted + b"t}\x92.",
        "dumps": pickle.dumps({"the": Hostile()}),
    }[way]
    read = read_pickle(content, "file")
    record = read.value["the"] if way == "dumps" else read.value
    assert (record.name, record.args) == ("system", (shell,))
    assert {name.name for name in read.names} == {"system"}


DEEP = 100_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "byte 0: the pickle ends before its last operation: the file is cut short"),
        (b"\x80\x04}", "byte 3: the pickle ends before its last operation"),
        (b"\x80\x06N.", "byte 0: pickle protocol 6, expected 0 to 5"),
        (b"\xff.", "byte 0: 0xff is no operation of a pickle"),
        (b".", "byte 0: an operation takes a value that is not there"),
        (b"a.", "byte 0: an operation takes a value that is not there"),
        (b"q\0.", "byte 0: an operation takes a value that is not there"),
        (b"t.", "byte 0: an operation takes values up to a mark that is not there"),
        (b"0.", "byte 0: an operation takes values up to a mark that is not there"),
        (b"(o.", "byte 1: an instance of nothing"),
        (b"h\x07.", "byte 0: place 7 of the memo is empty"),
        (b"g-1\n.", "byte 0: the place b'-1' in the memo, expected a decimal number"),
        (b"p" + b"9" * 5000 + b"\n.", "byte 0: the place b'9999"),
        (b"X\xff\xff\xff\xffab", "byte 0: a length of 4294967295 bytes, of which 2 are there"),
        (b"T\xff\xff\xff\xffab", "byte 0: a length of -1 bytes"),
        (b"\x8b\xff\xff\xff\xff.", "byte 0: a length of -1 bytes"),
        (b"\x8e" + b"\xff" * 8 + b".", "byte 0: a length of 18446744073709551615 bytes"),
        (b"\x96" + b"\x7f" * 8 + b".", "byte 0: a length of"),
        (b"\x95" + b"\xff" * 8 + b".", "byte 0: a frame of 18446744073709551615 bytes, of which 1 are there"),
        (b"G\0.", "byte 0: a length of 8 bytes, of which 2 are there"),
        (b"X\x01\0\0\0\xff.", "byte 0: a text that is not utf-8"),
        (b"V\\uzzzz\n.", "byte 0: a text that is not raw-unicode-escape"),
        (b"Sabc\n.", "byte 0: a string without quotes around it"),
        (b"S'a\\q'\n.", "byte 0: a string with the escape b'\\\\q'"),
        (b"I12", "byte 0: a line of the pickle does not end"),
        (b"Ix\n.", "byte 0: the integer b'x', expected a decimal number"),
        (b"L" + b"9" * 5000 + b"L\n.", "byte 0: the integer b'99"),
        (b"Fx\n.", "byte 0: the number b'x', expected a decimal number"),
        (b"\x8b\0\x04\0\0" + b"\x7f" * 1024 + b".", "byte 0: an integer of 8191 bits, expected at most 2048"),
        (b"P1\n.", "byte 0: the pickle refers to something outside the file"),
        (b"NQ.", "byte 1: the pickle refers to something outside the file"),
        (b"\x82\x01.", "byte 0: the pickle refers to something outside the file"),
        (b"\x97.", "byte 0: the pickle refers to something outside the file"),
        (b"N\x98.", "byte 1: the pickle refers to something outside the file"),
        (b"}}b.", "byte 2: a state is given to a dict of 0, expected an instance of a class"),
        (b"N}b.", "byte 2: a state is given to None"),
        (b"clist\nappend\n}b.", "byte 14: a state is given to the name list.append"),
        (b"NNa.", "byte 2: values are appended to None, expected a list"),
        (b"](NNu.", "byte 4: items are put into a list of 0, expected a dict"),
        (b"}(Nu.", "byte 3: items are put into a dict of 0, expected a dict"),
        (b"}(N\x90.", "byte 3: members are added to a dict of 0, expected a set"),
        (b"}]Ns.", "byte 3: a list of 0 is a key of a dict or a member of a set, expected a text"),
        (b"cbuiltins\nset\n(]]atR.", "a list of 0 is a key of a dict or a member of a set"),
        (b"}(((ttNt)Ns.", None),
        (b"}((ttNs.", "a tuple of 1 is a key of a dict"),
        (b"}(" + b"N" * 17 + b"tNs.", "a tuple of 17 is a key of a dict"),
        (b"}\x8a\x09" + b"\x7f" * 9 + b"Ns.", "is a key of a dict or a member of a set"),
        (b"}K\x01NsK\x01Ns.", "byte 8: a dict has the key 1 twice, expected once"),
        (b"(Va\nNVa\nNd.", "byte 9: a dict has the key 'a' twice, expected once"),
        (b"NN\x93.", "byte 2: the name None in None, expected two texts"),
        (b"N)R.", "byte 2: the file calls None, expected the name of a class"),
        (b"ca\nb\n)R)R.", "byte 8: the file calls an instance of a.b, expected the name of a class"),
        (b"ca\nb\nNR.", "byte 6: a.b is called with None, expected a tuple"),
        (b"c\xff\nb\n.", "byte 0: a text that is not utf-8"),
        (b"]q\0h\0a.", "a list of 1 contains itself"),
        (b"}q\0Nh\0s.", "a dict of 1 contains itself"),
        (b"]q\0(h\0t0h\0h\0a.", None),
        (b"ca\nb\n)Rq\0h\0b.", "an instance of a.b contains itself"),
        (b"]" * 65 + b"a" * 64 + b".", "values are nested more than 64 deep"),
        (b"]" * DEEP + b"a" * (DEEP - 1) + b".", "values are nested more than 64 deep"),
        (b"](]q\0" + b"](h\0eq\0" * 100 + b"e.", "values are nested more than 64 deep"),
        (b"N" + b"\x85" * DEEP + b".", "values are nested more than 64 deep"),
        (b"}" + b"N" + b"\x85" * DEEP + b"Ns.", "is a key of a dict"),
        (b"(" * DEEP + b"t" * DEEP + b".", "values are nested more than 64 deep"),
        (b"]" + b"q\0]h\0ah\0a" * 60 + b".", "takes more than 536870912 characters when it is written out"),
        (b"]" + b"q\0(h\0h\0t" * 60 + b".", "takes more than 536870912 characters when it is written out"),
    ],
)
def test_hostile_pickles_are_refused(canary, content, message):
    with pytest.raises(InputError, match=f"^file: .*{re.escape(message or '')}"):
        read_pickle(content, "file")


def test_limits_hold(monkeypatch):
    for name, limit, content, message in [
        ("MAX_BYTES", 3, b"NNN.", "a pickle of 4 bytes, expected at most 3"),
        ("MAX_OPERATIONS", 3, b"NNN.", "more than 3 operations, which is the limit"),
        ("MAX_MEMO", 2, b"}q\0q\1q\2.", "more than 2 remembered values, which is the limit"),
        ("MAX_CONTAINERS", 3, b"}}}}.", "more than 3 lists, dicts and marks, which is the limit"),
        ("MAX_CONTAINERS", 3, b"((((t.", "more than 3 lists, dicts and marks, which is the limit"),
        ("MAX_CONTAINERS", 3, b"ca\nb\nca\nc\nca\nd\nca\ne\n.", "more than 3 lists, dicts and marks"),
        ("MAX_WRITTEN_OUT", 10, b"](Vabcd\np1\ng1\ne.", "takes more than 10 characters when it is written out"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(plain_value if name == "MAX_WRITTEN_OUT" else restricted_pickle, name, limit)
            with pytest.raises(InputError, match=message):
                read_pickle(content, "file")


def test_strings_of_python_2_are_read_as_utf8_or_latin1():
    content = b"(dp0\nS'caf\\xc3\\xa9'\np1\nI1\nsS'caf\\xe8'\nI2\nsS'it\\'s\\n\"'\nI3\nsVna\\u00efve\nI4\ns."
    read = read_pickle(content, "file")
    assert read.value == {"café": 1, "cafè": 2, "it's\n\"": 3, "naïve": 4}
    assert read.findings == (
        "The pickle was written by Python 2. Byte strings read as UTF-8: 1.",
        "The pickle was written by Python 2. Byte strings that are not UTF-8, read as Latin-1: 1, for example 'cafè'.",
    )
    assert read_pickle(b"\x80\x02]q\x00(U\x04caf\xe9T\x03\0\0\0abce.", "file").value == ["café", "abc"]
    assert read_pickle(b'S"it\'s"\n.', "file").value == "it's"


def test_a_byte_string_and_a_text_that_become_one_key_are_refused():
    with pytest.raises(InputError, match="a dict has the key 'café' twice"):
        read_pickle(b"(dS'caf\\xc3\\xa9'\nI1\nsVcaf\\u00e9\nI2\ns.", "file")


def test_what_follows_the_first_value_is_said():
    stream = io.BytesIO()
    pickle.dump({"the": 1}, stream)
    first = stream.tell()
    pickle.dump(250, stream)
    read = read_pickle(stream.getvalue(), "file")
    assert read.value == {"the": 1}
    assert read.findings == (
        f"Bytes behind the first value of the file, which were not read: {stream.tell() - first}.",
    )


def test_old_operations():
    assert read_pickle(b"I01\n.", "file").value is True
    assert read_pickle(b"I00\n.", "file").value is False
    assert read_pickle(b"N2\x86.", "file").value == (None, None)
    assert read_pickle(b"](NN1.", "file").value == []
    assert read_pickle(b"]N0.", "file").value == []
    assert read_pickle(b"](0.", "file").value == []
