"""Configurations are plain values of bounded size."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet_export.errors import ModelError
from drupelet_export.reading import plain_config
from drupelet_export.reading.plain_config import (
    MAX_CONFIG_VALUES,
    check_size,
    parse_json,
    parse_yaml,
    plain,
    shown,
    unwrapped,
)


def test_json_is_parsed():
    assert parse_json(b'{"a": [1, 2.5, null]}', "here") == {"a": [1, 2.5, None]}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_what_is_not_json_is_refused(content):
    with pytest.raises(ModelError, match=r"^here: not a Keras model: its configuration is not JSON \("):
        parse_json(content, "here")


def test_a_configuration_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(plain_config, "MAX_CONFIG_BYTES", 3)
    monkeypatch.setattr(plain_config, "MAX_YAML_BYTES", 2)
    with pytest.raises(ModelError, match=r"^here: its configuration has 4 bytes, expected at most 3$"):
        parse_json(b"[12]", "here")
    with pytest.raises(
        ModelError, match=r"^here: its configuration in YAML has 4 bytes, expected at most 2; save it with"
    ):
        parse_yaml(b"[12]", "here")


@pytest.mark.parametrize("part", ["[],", '{"":0},', "0,", "[[[]]],", '{"a":{}},'])
@pytest.mark.parametrize("encode", [str, str.encode])
def test_values_are_counted_before_they_take_memory(part, encode):
    content = encode(f"[{part * (1_000_000 // len(part))}0]")
    assert len(parse_json(content, "here")) > 100_000
    content = encode(f"[{part * (MAX_CONFIG_VALUES // part.count(',') + 1)}0]"[: plain_config.MAX_CONFIG_BYTES])
    tracemalloc.start()
    with pytest.raises(
        ModelError, match=rf"^here: its configuration has more than {MAX_CONFIG_VALUES} values; save it with"
    ):
        parse_json(content, "here")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_vocabulary_of_a_million_words_is_a_configuration():
    words = [f"word{number}" for number in range(1_000_000)]
    assert parse_json(json.dumps({"vocabulary": words}, separators=(",", ":")), "here") == {"vocabulary": words}


def test_yaml_of_keras_is_parsed():
    pytest.importorskip("yaml")
    content = b"class_name: Model\nconfig:\n  shape: &id001 !!python/tuple [null, 5]\n  again: *id001\n"
    assert parse_yaml(content, "here") == {"class_name": "Model", "config": {"shape": [None, 5], "again": [None, 5]}}


@pytest.mark.parametrize(
    "content", [b"!!python/object/apply:os.system [ls]", b"a: [", b"\x00", b"!!python/name:os.system"]
)
def test_yaml_of_anything_else_is_refused(content):
    pytest.importorskip("yaml")
    with pytest.raises(ModelError, match=r"^here: neither JSON nor YAML of plain values \("):
        parse_yaml(content, "here")


def test_yaml_that_grows_or_contains_itself_is_refused(monkeypatch):
    pytest.importorskip("yaml")
    monkeypatch.setattr(plain_config, "MAX_CONFIG_VALUES", 10_000)
    lines = ["a0: &a0 [1, 1]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    with pytest.raises(ModelError, match=r"^here: its configuration has more than 10000 values"):
        parse_yaml("\n".join(lines).encode(), "here")
    with pytest.raises(ModelError, match=r"^here: its configuration is nested too deeply"):
        parse_yaml(b"&a [*a]", "here")


def test_a_depth_of_100_is_too_deep():
    value = []
    for _ in range(plain_config.MAX_CONFIG_DEPTH - 1):
        value = [value]
    check_size(value, "here")
    with pytest.raises(ModelError, match="nested too deeply"):
        check_size([value, [value]], "here")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, -(2**31) - 1])
def test_numbers_that_are_none_are_refused(value):
    with pytest.raises(
        ModelError, match=r"^here is .*, expected a number of at most 2147483648; save the model again$"
    ):
        plain([1, {"class_name": "__tuple__", "config": [value]}], "here")


def test_objects_are_not_plain():
    with pytest.raises(
        ModelError, match=r"^here is 'mine>Own' of 'os', expected a plain value; code in a model file is"
    ):
        plain({"class_name": "Own", "module": "os", "registered_name": "mine>Own"}, "here")
    with pytest.raises(ModelError, match=r"^here is \{'a': 1\}, expected a plain value"):
        plain({"a": 1}, "here")


def test_tuples_and_arrays_are_unwrapped():
    assert unwrapped({"class_name": "__tuple__", "items": [1]}) == [1]
    assert unwrapped({"class_name": "__numpy__", "config": {"value": [1, 2], "dtype": "float32"}}) == [1, 2]
    assert unwrapped({"type": "ndarray", "value": 0.3}) == 0.3
    assert unwrapped({"class_name": "Dense"}) == {"class_name": "Dense"}


def test_a_long_value_is_shown_short():
    assert len(shown("x" * 1000)) == 60
    assert shown({"class_name": "LSTM", "module": "mine"}) == "'LSTM' of 'mine'"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-1e6, 1e6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4),
)


@given(json_values)
def test_plain_values_are_kept(value):
    assert plain(parse_json(json.dumps(value), "here"), "here") == value
