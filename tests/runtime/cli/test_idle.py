"""``predict --idle-seconds``: whoever does nothing at the other end of stdin or stdout does not hold the process."""

import argparse
import json
import subprocess
import sys

import pytest

from drupelet.cli.idle import MAX_IDLE_SECONDS, idle_seconds

TAKEN = "drupelet predict: stdout: cannot be written (nothing was taken for 1 s)\n"
CAME = "drupelet predict: stdin: cannot be read (nothing came for 1 s)\n"


@pytest.fixture
def start(bundle_folder):
    """A function that starts ``predict -`` with a limit of a second."""
    started = []

    def start(*more, stdin=subprocess.PIPE):
        command = [sys.executable, "-m", "drupelet", "predict", str(bundle_folder), "-", "--idle-seconds", "1", *more]
        started.append(subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()


def test_a_writer_that_says_nothing_ends_it_after_the_earlier_answers(start):
    process = start()
    process.stdin.write(b"good\nhalf a l")
    process.stdin.flush()
    assert process.stdout.readline().count(b"\t") == 1
    assert process.wait(30) == 2
    assert (process.stdout.read(), process.stderr.read().decode()) == (b"", CAME)


def test_the_json_document_is_closed_then(start):
    process = start("--json")
    process.stdin.write(b"good\n")
    process.stdin.flush()
    assert process.wait(30) == 2
    document = json.load(process.stdout)
    assert (len(document["predictions"]), f"drupelet predict: {document['error']}\n") == (1, CAME)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_reader_that_takes_nothing_ends_it(start, tmp_path, more):
    lines = tmp_path / "lines"
    lines.write_bytes(b"good\n" * 20_000)  # answers for several pipes
    with lines.open("rb") as stdin:
        process = start(*more, stdin=stdin)
    assert process.wait(60) == 2
    assert process.stderr.read().decode() == TAKEN


def test_a_slow_writer_and_a_slow_reader_are_waited_for(start):
    process = start()
    for byte in b"good":
        process.stdin.write(bytes([byte]))
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.4)
    out, err = process.communicate(timeout=30)
    assert (out.count(b"\t"), err, process.returncode) == (1, b"", 0)


@pytest.mark.parametrize("given", ["", "0", "-1", "1.5", "soon", "\u0663", str(MAX_IDLE_SECONDS + 1), "9" * 5000])
def test_another_limit_is_refused(given):
    with pytest.raises(argparse.ArgumentTypeError, match=f" is no number from 1 to {MAX_IDLE_SECONDS}$"):
        idle_seconds(given)


def test_a_limit():
    assert (idle_seconds("1"), idle_seconds(str(MAX_IDLE_SECONDS))) == (1, MAX_IDLE_SECONDS)


def test_a_system_that_cannot_wait_for_a_pipe_refuses_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("select.poll")
    with pytest.raises(argparse.ArgumentTypeError, match="not on Windows, which cannot wait for a pipe"):
        idle_seconds("5")
