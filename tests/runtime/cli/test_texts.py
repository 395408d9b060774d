"""Where the texts of a command come from. test_predict.py has the lines of files and of stdin."""

import argparse
import errno
import io
import os

import pytest

from drupelet.cli.texts import LOOK_AHEAD_BYTES, LinesOfStdin, declare_texts, given_texts
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


@pytest.fixture
def pipe(monkeypatch):
    """The lines of a stdin that is a pipe, and a function that writes to it; closes it when it gets nothing."""
    reader, writer = os.pipe()
    stream = os.fdopen(reader, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", stream)

    def write(content):
        os.write(writer, content) if content else os.close(writer)

    yield LinesOfStdin(1 << 20), write
    stream.close()


def test_what_has_arrived_is_known_without_a_wait(pipe):
    lines, write = pipe
    lines.look_ahead()  # nothing is there
    assert not lines.has_next
    write(b"one\ntwo\nthr")
    assert not lines.has_next
    lines.look_ahead()
    assert [next(lines), next(lines), lines.has_next] == [b"one", b"two", False]
    lines.look_ahead()
    assert not lines.has_next  # the line has no end
    write(b"ee\nfour")
    lines.look_ahead()
    lines.look_ahead()
    assert [lines.has_next, next(lines), lines.has_next] == [True, b"three", False]
    write(b"")
    for _ in range(3):
        lines.look_ahead()  # meets the end once
    assert list(lines) == [b"four"]


def test_no_more_is_taken_ahead_than_has_a_limit(monkeypatch, tmp_path):
    (tmp_path / "lines").write_bytes(b"line\n" * LOOK_AHEAD_BYTES)
    with (tmp_path / "lines").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        lines = LinesOfStdin(100)
        lines.look_ahead()
        assert LOOK_AHEAD_BYTES <= os.lseek(stream.fileno(), 0, os.SEEK_CUR) <= LOOK_AHEAD_BYTES + (1 << 16)


def test_an_error_that_was_met_ahead_comes_in_its_turn(pipe, monkeypatch):
    lines, write = pipe
    write(b"one\n")
    lines.look_ahead()

    def fail(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(lines, "_counted", fail)
    write(b"two\n")
    lines.look_ahead()
    assert next(lines) == b"one"
    with pytest.raises(InputError, match=r"^stdin: cannot be read \(Input/output error\)$"):
        next(lines)


def test_a_stdin_without_a_descriptor_is_not_looked_at(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    lines = LinesOfStdin(100)
    lines.look_ahead()
    assert not lines.has_next
    assert list(lines) == [b"one", b"two"]
