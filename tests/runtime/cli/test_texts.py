"""Where the texts of a command come from. test_predict.py has the lines of files and of stdin."""

import argparse

import pytest

from drupelet.cli.texts import declare_texts, given_texts
from drupelet.errors import InputError


@pytest.fixture
def given_by():
    """A function from arguments to the texts that they give."""

    def texts(*arguments):
        parser = argparse.ArgumentParser()
        declare_texts(parser, "texts to read")
        return list(given_texts(parser.parse_args(arguments)))

    return texts


def test_arguments_are_texts(given_by):
    assert given_by("one", "", "two words") == ["one", "", "two words"]


def test_a_file_has_a_text_a_line(given_by, tmp_path):
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfone\r\n\ntwo")
    assert given_by("--file", str(tmp_path / "f")) == ["one", "", "two"]


def test_an_argument_that_is_not_utf8_is_named(given_by):
    with pytest.raises(InputError, match=r"^text 2: byte 1 \(0xff\) is not UTF-8"):
        given_by("one", "a\udcff")


@pytest.mark.parametrize("name", ["nothing", "bad\0name"])
def test_a_file_that_cannot_be_read_is_named(given_by, tmp_path, name):
    with pytest.raises(InputError, match="cannot be read"):
        given_by("--file", str(tmp_path / name))
