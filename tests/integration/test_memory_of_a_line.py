"""A line takes at most three times its bytes, in ``drupelet predict -`` with the native engine and in an executable."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drupelet.bundle import open_bundle
from drupelet.text_source import MAX_LINE_BYTES
from drupelet_export.executable.build import emit_sources, prepare
from export.executable.programs import make_program

BUNDLE = Path(__file__).parents[2] / "artifacts" / "imdb"
TIMES = 3
WORDS_OF_A_SHORT_LINE = b"good " * 2000 + b"\n"
"""As many words as the network reads of any line: the memory of its values, 0.7 MB, is that of the model, not of a line."""
pytestmark = pytest.mark.slow
PREDICT = [sys.executable, "-m", "drupelet", "predict", str(BUNDLE), "-", "--engine", "native"]
STARTS = {
    "ASCII": b"",
    "one character beyond U+FFFF": "\U0001f600 ".encode(),
    "one letter that grows in lower case": "\u0130 ".encode(),
}
WORDS = {
    "words": b"A good, wonderful film<br />",  # a replacement, and letters to lower
    "a letter a word": b"a b ",  # most ids
    "one word": b"Ab",
    "letters of two bytes": "\u0416\u0439 ".encode(),
}


@pytest.fixture(scope="module")
def executable(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("program") / "c"
    emit_sources(prepare(open_bundle(BUNDLE)), folder)
    return [str(make_program(folder, "cc", "-O2"))]


@pytest.fixture(params=["drupelet predict", "executable"])
def command(request: pytest.FixtureRequest) -> list[str]:
    return PREDICT if request.param == "drupelet predict" else request.getfixturevalue("executable")


def peak_bytes(command: list[str], lines: Iterator[bytes]) -> int:
    """The most memory of a process that has answered these lines."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in lines:
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline().count(b"\t") == 1
        # Not ru_maxrss, which begins with the memory of the process that made this one.
        status = Path(f"/proc/{process.pid}/status").read_text()
        (peak,) = [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")]
        process.stdin.close()
        assert process.wait(60) == 0
    return peak


def long_lines(start: bytes, word: bytes, size_bytes: int) -> Iterator[bytes]:
    """Three lines of that size, with different ends, and short ones between them."""
    for end in (b"\n", b"\r\n", b"\n"):
        count = (size_bytes - len(start) - len(end)) // len(word)
        yield start + word * count + end
        yield b"good\n"


@pytest.mark.parametrize("size_bytes", [1 << 20, MAX_LINE_BYTES])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("word", WORDS)
def test_a_line_takes_three_times_its_bytes(command: list[str], start: str, word: str, size_bytes: int) -> None:
    short = peak_bytes(command, iter([WORDS_OF_A_SHORT_LINE] * 3))
    long = peak_bytes(command, long_lines(STARTS[start], WORDS[word], size_bytes))
    print(f"{(long - short) / size_bytes:.2f} times the bytes; {short / 1e6:.1f} MB, {long / 1e6:.1f} MB")
    assert long - short <= TIMES * size_bytes


@pytest.mark.parametrize("size_bytes", [1 << 20, MAX_LINE_BYTES])
def test_a_line_that_is_too_long_takes_no_more(command: list[str], size_bytes: int, tmp_path: Path) -> None:
    """It ends the process, so its memory is what is limited here: that of a short line and two times the longest line."""
    limit = short_data_bytes(command) + TIMES * size_bytes
    (tmp_path / "line").write_bytes(b"x" * (4 * size_bytes))
    given = ["sh", "-c", f'ulimit -d {limit // 1024} && exec "$@"', "sh", *command, "--max-line-bytes", str(size_bytes)]
    with (tmp_path / "line").open("rb") as stdin:
        done = subprocess.run(given, stdin=stdin, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.endswith(f"stdin: line 1 is longer than {size_bytes} bytes; expected one text per line\n")


def short_data_bytes(command: list[str]) -> int:
    """The private memory of a process that has answered a short line, as RLIMIT_DATA counts it."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"good\n")
        process.stdin.flush()
        process.stdout.readline()
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.stdin.close()
    (data,) = [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:")]
    return data
