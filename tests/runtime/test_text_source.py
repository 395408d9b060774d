"""What a line is, where a byte order mark goes, and which bytes are no text: the same for streams, files and arguments."""

import io
import os
import re
import subprocess
import sys

import pytest

from drupelet import text_source
from drupelet.errors import InputError
from drupelet.text_source import (
    CHUNK_BYTES,
    argument_text,
    lines_of,
    read_settings,
    read_text,
    split_lines,
    text_of,
    utf8_lines_of,
)
from runtime.line_cases import CASES, CASES_OF_LONG_LINES, CONVERT, other_encoding


def read(stream):
    """The lines of a stream before the first bad one, and what is said about that one."""
    lines = []
    try:
        lines.extend(lines_of(stream, "stdin"))
    except InputError as error:
        return lines, str(error)
    return lines, None


@pytest.mark.parametrize(("content", "lines", "error"), [case[1:] for case in CASES + CASES_OF_LONG_LINES])
def test_lines_of_a_stream(content, lines, error):
    assert read(io.BytesIO(content)) == (lines, error)


def read_utf8(stream, max_line_bytes=0):
    lines = []
    try:
        lines.extend(utf8_lines_of(stream, "stdin", max_line_bytes))
    except InputError as error:
        return lines, str(error)
    return lines, None


@pytest.mark.parametrize(("content", "lines", "error"), [case[1:] for case in CASES + CASES_OF_LONG_LINES])
def test_lines_of_a_stream_as_utf8(content, lines, error):
    assert read_utf8(io.BytesIO(content)) == ([line.encode() for line in lines], error)


@pytest.mark.parametrize("place", range(CHUNK_BYTES - 5, CHUNK_BYTES + 2))
@pytest.mark.parametrize("character", ["\u00e9", "\u20ac", "\U0001f600"])
def test_a_character_across_two_pieces_of_a_long_line(place, character):
    line = b"x" * place + character.encode() + b"x" * CHUNK_BYTES
    assert read_utf8(io.BytesIO(line + b"\r\n" + line)) == ([line, line], None)
    cut = b"x" * place + character.encode()[:-1] + b"x" * CHUNK_BYTES
    first = character.encode()[0]
    error = f"stdin: line 2: byte {place} ({first:#04x}) is not UTF-8; {CONVERT}"
    assert read_utf8(io.BytesIO(b"good\n" + cut)) == ([b"good"], error)


@pytest.mark.parametrize("content", [b"ab\nabcd\n", b"ab\n" * 30_000 + b"abcd\nab\n", b"ab\nabcde"])
def test_a_smaller_limit_of_a_line(content):
    count = content.count(b"ab\n", 0, content.index(b"abcd"))
    error = f"stdin: line {count + 1} is longer than 4 bytes; expected one text per line"
    assert read_utf8(io.BytesIO(content), 4) == ([b"ab"] * count, error)
    assert read_utf8(io.BytesIO(content), 3) == ([b"ab"] * count, error.replace("4 bytes", "3 bytes"))


def test_the_lines_of_a_vocabulary_keep_what_stands_at_their_start():
    """A token may begin with it."""
    assert split_lines(text_of(b"\xef\xbb\xbfgood\n\xef\xbb\xbfbad\n", "f")) == ["good", "\ufeffbad"]


@pytest.mark.parametrize(
    ("content", "lines", "error"), [case[1:] for case in CASES if b"\n\xef\xbb\xbf" not in case[1]]
)
def test_lines_of_a_whole_file(tmp_path, content, lines, error):
    path = tmp_path / "texts"
    path.write_bytes(content)
    if error is None:
        # A mark and nothing else is an empty file here, and an empty line in a stream.
        assert split_lines(read_text(path)) == (lines if content != b"\xef\xbb\xbf" else [])
        return
    with pytest.raises(InputError, match=f"^{re.escape(error.replace('stdin', str(path)))}$"):
        read_text(path)


def test_a_whole_file_that_is_too_long_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "texts"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    message = rf"^{re.escape(str(path))}: has more than 16777216 bytes, expected a text of at most so many; name another file$"
    with pytest.raises(InputError, match=message):
        read_text(path)
    path.write_bytes(b"abcd")
    assert read_text(path, 4) == "abcd"
    with pytest.raises(InputError, match="has more than 3 bytes"):
        read_text(path, 3)


class Trickle(io.BytesIO):
    """A stream that gives one byte at a time, as a slow writer might."""

    def read1(self, size=-1):
        return self.read(1)


@pytest.mark.parametrize(("content", "lines", "error"), [case[1:] for case in CASES if len(case[1]) < 1000])
def test_lines_of_a_stream_that_comes_byte_by_byte(content, lines, error):
    assert read(Trickle(content)) == (lines, error)


def test_a_line_is_given_before_the_stream_goes_on():
    reading, writing = os.pipe()
    with open(reading, "rb") as stream, open(writing, "wb", buffering=0) as other:  # noqa: PTH123
        lines = lines_of(stream, "pipe")
        other.write(b"good\nb")
        assert next(lines) == "good"
        other.write(b"ad\n")
        assert next(lines) == "bad"


def test_lines_with_their_ends():
    given = b"\xef\xbb\xbfa\r\nb\rc\n\r\nd"
    assert list(lines_of(io.BytesIO(given), "f", line_ends=True)) == ["a\r\n", "b\rc\n", "\r\n", "d"]


def test_a_long_line_says_what_was_expected(monkeypatch):
    monkeypatch.setattr(text_source, "MAX_LINE_BYTES", 3)
    assert list(lines_of(io.BytesIO(b"ab\n" * 2), "f", "rows")) == ["ab", "ab"]
    with pytest.raises(InputError, match=r"^f: line 1 is longer than 3 bytes; expected rows$"):
        list(lines_of(io.BytesIO(b"abc\n"), "f", "rows"))


def test_a_stream_that_cannot_be_read_is_named():
    class Broken(io.BytesIO):
        def read1(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match=r"^f: cannot be read \(Input/output error\)$"):
        list(lines_of(Broken(), "f"))


def test_a_whole_text_keeps_its_line_ends():
    assert text_of(b"\xef\xbb\xbfa\r\nb\rc\n", "f") == "a\r\nb\rc\n"
    with pytest.raises(InputError, match=f"^f: {other_encoding('UTF-16')}$"):
        text_of("a".encode("utf-16"), "f")


@pytest.mark.parametrize("text", ["", "good", "caf\u00e9", "go\ufeffod\ufeff", "a\u2028b", "\U0001f600"])
def test_an_argument_is_its_bytes_as_utf8(text):
    assert argument_text(os.fsdecode(text.encode()), "text 1") == text


@pytest.mark.parametrize("marks", ["\ufeff", "\ufeff\ufeff"])
def test_byte_order_marks_at_its_start_are_no_part_of_an_argument_or_of_a_whole_text(marks):
    assert argument_text(os.fsdecode((marks + "good \ufeff").encode()), "text 1") == "good \ufeff"
    assert text_of((marks + "good\n\ufeff").encode(), "f") == "good\n\ufeff"


def test_the_rows_of_a_csv_file_keep_what_stands_at_the_start_of_their_lines():
    stream = io.BytesIO(b'\xef\xbb\xbftext\n"a\n\xef\xbb\xbfb"\n')
    assert list(lines_of(stream, "f", line_ends=True)) == ["text\n", '"a\n', '\ufeffb"\n']


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        (os.fsdecode(b"\xef\xbb\xbfb\xe4d"), f"text 2: byte 1 (0xe4) is not UTF-8; {CONVERT}"),
        (os.fsdecode(b"b\xe4d"), f"text 2: byte 1 (0xe4) is not UTF-8; {CONVERT}"),
        ("b\ud800d", f"text 2: byte 1 (0xed) is not UTF-8; {CONVERT}"),
    ],
)
def test_an_argument_that_is_not_utf8_is_named(argument, error):
    with pytest.raises(InputError, match=f"^{re.escape(error)}$"):
        argument_text(argument, "text 2")


PROGRAM = (
    "import sys; from drupelet.text_source import argument_text; print(ascii(argument_text(sys.argv[1], 'text 1')))"
)


@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_the_locale_decides_nothing(environment):
    given = [sys.executable, "-c", PROGRAM, "caf\u00e9".encode()]
    done = subprocess.run(given, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    assert done.stdout == "'caf\\xe9'\n"


def test_settings_have_few_dots_in_a_line(tmp_path):
    """A parser of TOML took hours for a key of half a million parts."""
    path = tmp_path / "settings.toml"
    path.write_text("." * 128 + "\n" + "." * 128)
    assert read_settings(path, 1000) == path.read_text()
    path.write_text("a\n" + "." * 129)
    with pytest.raises(
        InputError, match=r"settings\.toml: line 2: 129 dots, expected at most 128; write a long list on"
    ):
        read_settings(path, 1000)
