"""Progress goes to stderr: a live line on a terminal, one plain line per step elsewhere."""

import os
import pty
import subprocess
import sys

from drupelet_export.cli.console import Steps
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

SCRIPT = """
from drupelet_export.cli.console import Steps
with Steps() as steps:
    steps.step("asking [Keras]")
    steps.count(3, 10)
print("out")
"""


def test_a_plain_line_per_step(capfd):
    with Steps() as steps:
        steps.step("reading a/model.keras")
        steps.count(1, 2)
        steps.step("asking Keras")
    captured = capfd.readouterr()
    assert captured.err == "reading a/model.keras\nasking Keras\n"
    assert captured.out == ""


def test_names_are_shown_as_they_are(capfd):
    with Steps() as steps:
        steps.step("reading models[red]/[/x].keras")
    assert capfd.readouterr().err == "reading models[red]/[/x].keras\n"


def test_steps_are_shown_while_the_log_of_tensorflow_is_kept_back(capfd):
    with Steps() as steps, tensorflow_log_on_failure():
        steps.step("converting")
        os.write(2, b"noise")
    assert capfd.readouterr().err == "converting\n"


def test_a_terminal_gets_a_live_line_and_is_left_clean():
    leader, follower = pty.openpty()
    run = subprocess.run([sys.executable, "-c", SCRIPT], stderr=follower, stdout=subprocess.PIPE, text=True, check=True)
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    assert run.stdout == "out\n"
    assert "asking" in shown
    assert shown.rstrip("\r\n").endswith(("\x1b[2K", "\x1b[?25h", "\x1b[1A"))


def test_steps_that_nobody_reads_change_nothing():
    script = SCRIPT.replace("import Steps", "import Steps; import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 2)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "", 0)
