"""Texts that a bundle leaves out come back by their hashes, from files that people have."""

import csv
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.golden_texts import texts_of_file, with_texts
from drupelet.goldens import Golden

ONE = Golden("held_out", "one", "a b", 1, (1, 2), (0.25, 0.75), 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("t.txt", b"one, two\r\n\nthree", ["one, two", "", "three"]),
        ("t", b'\xef\xbb\xbf"quoted"\n', ['"quoted"']),
        ("t.csv", b'label,text\n1,"a, ""b""\r\nc"\n2,d\n\n', ['a, "b"\r\nc', "d"]),
        ("T.CSV", b"text\n caf\xc3\xa9 \n", [" caf\xe9 "]),
        ("t.txt", b"", []),
    ],
)
def test_the_texts_of_a_file(tmp_path, name, content, texts):
    assert list(texts_of_file(written(tmp_path, name, content))) == texts


@given(st.lists(TEXT.filter(lambda text: "\n" not in text and not text.endswith("\r")), min_size=1, max_size=5))
def test_any_texts_of_a_line_come_back(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("texts") / "t.txt"
    path.write_bytes("".join(text + "\n" for text in ("first", *texts)).encode())
    assert list(texts_of_file(path)) == ["first", *texts]


@given(st.lists(TEXT.filter(lambda text: "\0" not in text), max_size=5))
def test_any_texts_of_a_column_come_back(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("texts") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([("label", "text"), *(("x", text) for text in texts)])
    assert list(texts_of_file(path)) == texts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"review,label\na,1\n", r"t.csv: line 1: columns 'review', 'label'; expected one column 'text'"),
        ("t.csv", b"", r"t.csv: line 1: columns none; expected one column 'text'"),
        ("t.csv", b"text,text\na,b\n", r"t.csv: line 1: columns 'text', 'text'; expected one column"),
        ("t.csv", b'text\n"a" b\n', r"t.csv: line 2: not CSV \(.*\); check its quotes there"),
        ("t.txt", b"good\nb\xe4d\n", r"t.txt: line 2: byte 1 \(0xe4\) is not UTF-8"),
        ("t.csv", b"text\nb\xe4d\n", r"t.csv: line 2: byte 1 \(0xe4\) is not UTF-8"),
    ],
)
def test_a_file_without_texts_is_named(tmp_path, name, content, message):
    path = written(tmp_path, name, content)
    with pytest.raises(InputError, match=message):
        list(texts_of_file(path))


@pytest.mark.parametrize(("name", "message"), [("none.csv", "not found; expected a file"), ("", "cannot be read")])
def test_a_file_that_cannot_be_read(tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        list(texts_of_file(tmp_path / name))


def test_the_limit_of_the_csv_module_is_put_back(tmp_path):
    before = csv.field_size_limit()
    list(texts_of_file(written(tmp_path, "t.csv", b"text\na\n")))
    assert csv.field_size_limit() == before


def test_a_text_goes_to_the_golden_with_its_hash():
    hidden = ONE.without_text()
    other = replace(ONE, name="other", text="c").without_text()
    edge = replace(ONE, suite="edge", times=2)
    assert with_texts([hidden, other, edge], ["a b ", "a b", "x"]) == [ONE, other, edge]


def test_a_repeated_text_comes_back_whole():
    assert with_texts([replace(ONE, times=3).without_text()], ["a ba ba b"]) == [replace(ONE, text="a ba ba b")]


def test_texts_are_not_read_where_none_is_missing():
    assert with_texts([ONE], (1 // 0 for _ in "x")) == [ONE]
