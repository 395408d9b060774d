"""The standard streams of a command escape control characters, whoever writes."""

import io
import logging
import subprocess
import sys
import warnings

import pytest

from drupelet.cli.escaped_streams import EscapedStream, escape_standard_streams, unescaped

HOSTILE = "a\x1b[2Jb\u202ec\rd"
SHOWN = r"a\x1b[2Jb\u202ec\rd"


@pytest.fixture
def streams(monkeypatch):
    """A function that puts stdout and stderr as a process has them in place, escaped: pytest has its own between two phases."""

    def put_in_place():
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True))
        escape_standard_streams()
        return sys.stdout, sys.stderr

    return put_in_place


def written(stream):
    stream.flush()
    return stream.buffer.getvalue().decode()


def test_print_write_and_writelines(streams):
    stdout, _ = streams()
    print(HOSTILE, "next")
    assert stdout.write(HOSTILE) == len(HOSTILE)
    stdout.writelines([HOSTILE, "\n"])
    assert written(stdout) == f"{SHOWN} next\n{SHOWN}{SHOWN}\n"


def test_warnings_and_logs_are_escaped_too(streams):
    _, stderr = streams()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        sys.stderr.write(warnings.formatwarning(HOSTILE, UserWarning, "f.py", 1))
    logging.StreamHandler().emit(logging.LogRecord("x", logging.ERROR, "f.py", 1, HOSTILE, (), None))
    assert written(stderr).count(SHOWN) == 2
    assert "\x1b" not in written(stderr)


def test_a_character_that_the_encoding_lacks_is_no_crash(streams):
    stdout, stderr = streams()
    print("плохо")
    print("плохо", file=stderr)
    assert written(stdout) == written(stderr) == r"\u043f\u043b\u043e\u0445\u043e" + "\n"


def test_a_stream_is_escaped_once_and_its_raw_one_is_at_hand(streams):
    stdout, stderr = streams()
    escape_standard_streams()
    assert (sys.stdout, sys.stderr) == (stdout, stderr)
    print("\x1b[K", file=unescaped(stderr), end="")
    assert written(stderr) == "\x1b[K"
    assert unescaped(unescaped(stderr)) is unescaped(stderr)


def test_a_stream_that_was_put_in_place_of_one_is_escaped_when_asked(streams, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    escape_standard_streams()
    assert isinstance(sys.stderr, EscapedStream)


def test_a_stream_that_is_closed_stays_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    escape_standard_streams()
    assert sys.stdout is None


def test_a_traceback_is_escaped():
    begin = "from drupelet.cli.escaped_streams import escape_standard_streams\nescape_standard_streams()\n"
    code = f"{begin}raise ValueError({HOSTILE!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"ValueError: {SHOWN}" in done.stderr
