"""The command as a process: streams that are closed, full or not read, signals at any time, little memory."""

import json
import os
import select
import signal
import subprocess
import sys
import time

import pytest

from drupelet.cli import process as process_module
from drupelet.cli.process import run_process

COMMANDS = {
    "predict": ("predict", "BUNDLE", "good"),
    "tokens": ("tokens", "BUNDLE", "good"),
    "verify": ("verify", "BUNDLE", "--engine", "ENGINE"),
    "bench": ("bench", "BUNDLE", "--engine", "ENGINE"),
    "inspect": ("inspect", "BUNDLE"),
    "doctor": ("doctor",),
    "--help": ("--help",),
    "--version": ("--version",),
}
CLOSED_STDOUT = b"drupelet: stdout: cannot be written (Bad file descriptor)\n"


@pytest.fixture
def command(bundle_folder, any_engine):
    """A function that gives the arguments of a command by its name."""
    placed = {"BUNDLE": str(bundle_folder), "ENGINE": any_engine}
    return lambda name: [placed.get(argument, argument) for argument in COMMANDS[name]]


def drupelet(arguments, redirections="", **options):
    """Runs the command with redirections as the shell writes them."""
    environment = {name: held for name, held in os.environ.items() if name != "PYTHONUNBUFFERED"}
    line = ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-m", "drupelet", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, timeout=60, check=False, env=environment, **options)


@pytest.mark.parametrize("name", COMMANDS)
def test_where_stdout_is_closed_it_says_so(command, name):
    done = drupelet(command(name), ">&-")
    assert (done.stderr, done.returncode) == (CLOSED_STDOUT, 2)


@pytest.mark.parametrize("name", COMMANDS)
def test_where_stdin_and_stderr_are_closed_it_answers(command, name):
    done = drupelet(command(name), "<&- 2>&-")
    assert done.returncode == 0
    assert done.stdout


def test_where_all_are_closed_the_status_says_it(command):
    assert drupelet(command("predict"), "<&- >&- 2>&-").returncode == 2


def test_where_stdin_is_closed_it_says_so(bundle_folder, any_engine):
    done = drupelet(["predict", bundle_folder, "-"], "<&-")
    assert (done.stdout, done.stderr, done.returncode) == (
        b"", b"drupelet predict: stdin: cannot be read (Bad file descriptor)\n", 2
    )  # fmt: skip


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    "arguments", [("predict", "BUNDLE", "-"), ("inspect", "/no/such/place"), ("inspect", "--bogus"), ("inpsect",)]
)
def test_an_error_that_cannot_be_said_stays_an_error_and_goes_nowhere_else(
    bundle_folder, any_engine, arguments, redirection
):
    given = [str(bundle_folder) if argument == "BUNDLE" else argument for argument in arguments]
    done = drupelet(given, redirection, input=b"good\n\xff\n")
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == (1 if arguments[0] == "predict" else 0)


def test_an_error_that_nobody_reads_stays_an_error():
    read_end, write_end = os.pipe()
    os.close(read_end)
    line = [sys.executable, "-m", "drupelet", "inspect", "/no/such/place"]
    assert subprocess.run(line, stderr=write_end, timeout=60, check=False).returncode == 2
    os.close(write_end)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_stdout_is_no_success(command, name):
    done = drupelet(command(name), ">/dev/full")
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_ctrl_c_while_it_starts_is_a_sentence(bundle_folder):
    """From the first line of ours on. What Python prints before it runs a line of ours is Python's."""
    code = (
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'drupelet.cli.predict':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from drupelet.__main__ import main\n"
        "sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"drupelet: interrupted\n", 130)


def wait_for_answer(process):
    """Waits until the process has answered its first text."""
    process.stdin.write(b"good\n")
    process.stdin.flush()
    assert select.select([process.stdout], [], [], 30)[0]


ENDING = [each for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) != signal.SIG_IGN]
"""Signals that end a command. What nohup starts ignores SIGHUP, and so does all that it starts."""


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_document_is_whole_whatever_signal_ends_it(start, bundle_folder, any_engine, number):
    process = start("predict", bundle_folder, "-", "--engine", any_engine, "--json")
    wait_for_answer(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    document = json.loads(out)
    interrupted = number == signal.SIGINT
    assert len(document["predictions"]) == 1
    assert document["error"] == ("interrupted" if interrupted else f"ended by {number.name}")
    assert process.returncode == (130 if interrupted else -number)
    assert err == (b"drupelet predict: interrupted\n" if interrupted else b"")


def test_a_document_is_whole_when_a_signal_comes_in_the_middle_of_a_busy_stream(
    start, bundle_folder, any_engine, tmp_path
):
    (tmp_path / "texts").write_bytes(b"a good film\n" * 400_000)
    for milliseconds in (0, 7, 31):
        process = start("predict", bundle_folder, "--file", tmp_path / "texts", "--engine", any_engine, "--json")
        assert select.select([process.stdout], [], [], 30)[0]
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGTERM)
        document = json.loads(process.communicate(timeout=60)[0])
        assert document["error"] == "ended by SIGTERM"
        assert 0 < len(document["predictions"]) < 400_000
        assert process.returncode == -signal.SIGTERM


def test_a_signal_before_the_first_answer_leaves_no_document(start, bundle_folder, any_engine):
    process = start("predict", bundle_folder, "-", "--engine", any_engine, "--json")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30)[0] == b""
    assert process.returncode == -signal.SIGTERM


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_line_is_answered_when_it_comes_whatever_the_number_of_threads(
    start, bundle_folder, any_engine, threads, extra
):
    process = start("predict", bundle_folder, "-", "--engine", any_engine, "--threads", threads, *extra)
    for _ in range(3):
        wait_for_answer(process)
        os.read(process.stdout.fileno(), 65536)
    process.stdin.write(b"good\nbad\ngood\n")  # lines that come together, and more than a batch
    process.stdin.write(b"good\n" * 1000)
    out, err = process.communicate(timeout=30)
    assert (err, process.returncode) == (b"", 0)
    assert out.count(b"positive" if not extra else b'"n_tokens"') > 500


def test_what_was_begun_is_put_away_and_the_status_is_that_of_the_signal(tmp_path):
    code = (
        "import atexit, pathlib, sys, time\n"
        "from drupelet.cli.process import run_process\n"
        "place, of_library = map(pathlib.Path, sys.argv[1:])\n"
        "def work():\n"
        "    of_library.touch()\n"
        "    atexit.register(of_library.unlink)\n"
        "    place.touch()\n"
        "    try:\n"
        "        print('begun', flush=True)\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        "        place.unlink()\n"
        "run_process(work)"
    )
    for number in set(ENDING) - {signal.SIGINT}:
        places = [tmp_path / "begun", tmp_path / "of_library"]
        process = subprocess.Popen([sys.executable, "-c", code, *places], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(number)
        assert process.wait(30) == -number
        process.stdout.close()
        assert list(tmp_path.iterdir()) == []


def test_the_status_of_the_command_is_that_of_the_process(monkeypatch):
    monkeypatch.setattr(process_module, "turn_into_exceptions", lambda: None)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    assert run_process(lambda: 1) == 1
