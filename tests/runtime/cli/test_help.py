"""``drupelet help``: the help of the command, of a subcommand, and the manual page."""

import shutil
import subprocess

import pytest

from drupelet.cli.main import DEVICE_COMMANDS


def test_help_is_what_the_option_prints(run):
    assert run("help") == run("--help")
    assert run("help", "predict")[1].split() == run("predict", "--help")[1].split()
    for name in DEVICE_COMMANDS:
        assert run("help", name)[1].startswith(f"usage: drupelet {name} ")


def test_a_mistyped_command_gets_the_closest_match(run):
    status, out, err = run("help", "predct")
    assert (status, out) == (2, "")
    assert "no command 'predct'; did you mean 'predict'?" in err


def test_the_manual_page_has_every_command(run):
    status, page, err = run("help", "--man")
    assert (status, err) == (0, "")
    for name in DEVICE_COMMANDS:
        assert f".SS drupelet {name}\n" in page
    if not shutil.which("groff"):
        pytest.skip("groff is not installed: apt install groff-base")
    read = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=page.encode(), capture_output=True, check=True)
    assert read.stderr == b""
    assert "--max-line-bytes" in read.stdout.decode()
