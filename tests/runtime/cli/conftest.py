"""The command as users run it: in this process, or in one of its own."""

import json
import os
import signal
import subprocess
import sys

import pytest

from drupelet.cli import main


@pytest.fixture
def run(capsys):
    """A function that runs the command here and gives exit status, stdout and stderr."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse leaves this way
            status = stop.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def run_json(run):
    """A function that runs the command with --json: exit status and the one document that stdout must be."""

    def run_json(*arguments):
        status, out, err = run(*arguments, "--json")
        assert err == ""
        return status, json.loads(out, parse_constant=pytest.fail)

    return run_json


@pytest.fixture
def start():
    """A function that starts the command in a process of its own; it is ended with the test."""
    processes = []
    # What a shell starts in the background ignores Ctrl-C, and so would what it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(*arguments, **options):
        command = [sys.executable, "-m", "drupelet", *map(str, arguments)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        environment = {**os.environ, **options.pop("env", {})}
        environment.pop("PYTHONUNBUFFERED", None)  # as users run it: what is printed waits in a buffer
        process = subprocess.Popen(command, env=environment, **{**pipes, **options})
        processes.append(process)
        return process

    yield start
    signal.signal(signal.SIGINT, before)
    for process in processes:
        process.kill()
        process.communicate()
