import argparse
import json
import os
import signal
import subprocess
import sys
import types
from importlib.metadata import entry_points

import pytest

from drupelet import __version__
from drupelet.cli import main as main_function
from drupelet.cli.command import (
    EXIT_CHECK_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_READER_GONE,
    EXIT_USAGE,
    Command,
)
from drupelet.errors import InputError
from drupelet.manifest import MANIFEST_FILE

# The package re-exports the function under the name of its module.
cli_main = sys.modules["drupelet.cli.main"]
GROUP = "drupelet.commands"


@pytest.fixture
def entries(monkeypatch):
    """A function that sets what other distributions offer; nothing at first."""

    def offer(*commands):
        found = [types.SimpleNamespace(load=lambda command=command: command) for command in commands]
        monkeypatch.setattr(cli_main, "_workstation_entries", lambda: found)

    offer()
    return offer


def test_exit_statuses_are_those_of_the_contract():
    assert (EXIT_OK, EXIT_CHECK_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_READER_GONE) == (0, 1, 2, 130, 141)


def test_the_version(run):
    assert run("--version") == (0, f"drupelet {__version__}\n", "")


def test_without_a_command_it_prints_help(run, entries):
    status, out, _ = run()
    assert status == 2
    for name in ("predict", "verify", "bench", "inspect", "doctor"):
        assert name in out


def test_help_lists_commands_and_exit_statuses(run, entries):
    status, out, _ = run("--help")
    assert status == 0
    told = " ".join(out.split())
    assert (
        "Exit status: 0 done; 1 a check failed; 2 usage or bad input, a damaged file, an engine that cannot run, "
        in told
    )
    assert "130 interrupted; 141 the reader of stdout has left." in told


@pytest.mark.parametrize(
    ("mistyped", "closest"), [("predcit", "predict"), ("verfy", "verify"), ("docter", "doctor"), ("exprot", "export")]
)
def test_a_mistyped_command_gets_the_closest_match(run, entries, mistyped, closest):
    status, out, err = run(mistyped, "bundle")
    assert (status, out) == (2, "")
    assert err.startswith(
        f"drupelet: no command '{mistyped}' here; did you mean '{closest}'? commands: predict, verify"
    )


def test_a_command_like_no_other_gets_the_list(run, entries):
    assert run("xyzzy") == (
        2, "", "drupelet: no command 'xyzzy' here; "
        "commands: predict, verify, eval, score, list, bench, inspect, tokens, explain, serve, doctor, "
        "help, completion\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        ("train", "drupelet-train"),
        ("export", "drupelet-export"),
        ("parity", "drupelet-export"),
        ("compile", '"drupelet-export[compile]"'),
    ],
)
def test_a_command_of_the_workstation_says_what_to_install(run, entries, name, distribution):
    assert run(name, "model.keras") == (
        2, "", f"drupelet: no command '{name}' here; install it on the workstation with: pip install {distribution}\n"
    )  # fmt: skip


def test_commands_of_other_distributions_join(run, entries):
    def configure(parser):
        parser.add_argument("what")

    entries(Command("greet", "say hello", configure, lambda options: print("hello", options.what) or 1))
    assert run("greet", "you") == (1, "hello you\n", "")
    assert "say hello" in run("--help")[1]


def test_a_device_command_does_not_look_for_other_distributions(run, bundle_folder, monkeypatch):
    monkeypatch.setattr(cli_main, "_workstation_entries", lambda: pytest.fail("looked"))
    assert run("inspect", bundle_folder)[0] == 0


def test_the_entry_points_of_other_distributions_stand_in_the_order_of_the_work(monkeypatch):
    given = [types.SimpleNamespace(name=name) for name in ("zoo", "parity", "own", "train", "compile", "export")]
    listed = {cli_main.ENTRY_POINT_GROUP: given} if sys.version_info < (3, 10) else types.SimpleNamespace(
        select=lambda group: given if group == cli_main.ENTRY_POINT_GROUP else []
    )  # fmt: skip
    monkeypatch.setattr("importlib.metadata.entry_points", lambda: listed)
    names = [entry.name for entry in cli_main._workstation_entries()]
    assert names == ["train", "export", "parity", "compile", "own", "zoo"]


def test_the_entry_points_of_the_installed_distributions_are_found():
    found = entry_points()
    expected = found.select(group=GROUP) if hasattr(found, "select") else found.get(GROUP, [])
    assert {entry.name for entry in cli_main._workstation_entries()} == {entry.name for entry in expected}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify",), "the following arguments are required: bundle"),
        (("inspect", "b", "--jsno"), "unrecognized arguments: --jsno"),
        (("doctor", "a", "b"), "unrecognized arguments: b"),
        (("--frobnicate",), "unrecognized arguments: --frobnicate"),
    ],
)
def test_wrong_usage(run, entries, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("usage: drupelet")
    assert err.endswith(f"{message}\n")


def test_an_error_is_a_sentence_and_status_2(run, entries):
    def fail(_):
        raise InputError("where: what; do this")

    entries(Command("greet", "say hello", lambda parser: None, fail))
    assert run("greet") == (2, "", "drupelet greet: where: what; do this\n")


def test_an_interrupt_is_status_130(run, entries):
    def interrupt(_: argparse.Namespace):
        raise KeyboardInterrupt

    entries(Command("greet", "say hello", lambda parser: None, interrupt))
    assert run("greet") == (130, "", "drupelet greet: interrupted\n")


@pytest.mark.parametrize("command", ["predict", "verify", "bench", "inspect", "doctor"])
@pytest.mark.parametrize("extra", [(), ("--json",)])
@pytest.mark.parametrize("place", ["gone", "empty", "text", "truncated", "no json"])
def test_no_bundle_is_status_2_and_a_sentence(run, tmp_path, command, extra, place, bundle_folder):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello")
    (tmp_path / "truncated").write_bytes((bundle_folder / "model.f32.drupelet").read_bytes()[:-1])
    (tmp_path / "no json").mkdir()
    (tmp_path / "no json" / MANIFEST_FILE).write_text("{")
    texts = ("good",) if command == "predict" else ()
    status, out, err = run(command, tmp_path / place, *texts, *extra)
    assert status == 2
    assert err.startswith(f"drupelet {command}: ")
    assert len(err.splitlines()) == 1
    if (command, extra) == ("verify", ("--json",)) and place in ("truncated", "no json"):
        assert json.loads(out) == {
            "schema_version": 1, "bundle": str(tmp_path / place), "error": err[len("drupelet verify: ") : -1]
        }  # fmt: skip
    else:
        assert out == ""


def test_the_module_runs(bundle_folder):
    done = subprocess.run([sys.executable, "-m", "drupelet", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"drupelet {__version__}\n"
    assert callable(main_function)


@pytest.mark.parametrize("command", ["inspect", "doctor", "predict"])
def test_a_reader_that_has_enough_ends_it_quietly(start, bundle_folder, any_engine, command):
    read_end, write_end = os.pipe()
    os.close(read_end)
    texts = ("good",) if command == "predict" else ()
    process = start(command, bundle_folder, *texts, stdout=write_end)
    os.close(write_end)
    _, err = process.communicate(timeout=30)
    assert err == b""
    assert process.returncode == 141


def test_a_reader_that_has_enough_ends_a_long_answer_quietly(start, bundle_folder, any_engine):
    read_end, write_end = os.pipe()
    process = start("predict", bundle_folder, "-", "--engine", any_engine, stdout=write_end)
    os.close(write_end)
    os.close(read_end)
    _, err = process.communicate(b"good\n" * 5000, timeout=30)
    assert err == b""
    assert process.returncode == 141


@pytest.mark.parametrize("command", ["inspect", "predict"])
def test_a_full_disk_is_a_sentence_and_no_success(start, bundle_folder, any_engine, command):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        texts = ("good",) if command == "predict" else ()
        process = start(command, bundle_folder, *texts, stdout=full)
        _, err = process.communicate(timeout=30)
    assert process.returncode not in (0, None)
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err
    assert b"No space left on device" in err


def test_ctrl_c_while_it_waits_for_input(start, bundle_folder, any_engine):
    process = start("predict", bundle_folder, "-", "--engine", any_engine)
    process.stdin.write(b"good\n" * 2000)
    process.stdin.flush()
    process.stdout.readline()  # now it runs
    process.send_signal(signal.SIGINT)
    process.stdin = None
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == b"drupelet predict: interrupted\n"


@pytest.mark.parametrize(("given", "found"), [(None, "1"), ("3", "3")])
def test_openblas_has_one_thread_unless_the_user_says_otherwise(monkeypatch, given, found):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if given is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", given)
    with pytest.raises(SystemExit):
        main_function(["--version"])
    assert os.environ["OPENBLAS_NUM_THREADS"] == found


def test_too_little_memory_is_status_2_and_a_sentence(run, entries):
    def fail(_):
        raise MemoryError

    entries(Command("greet", "say hello", lambda parser: None, fail))
    assert run("greet") == (2, "", "drupelet greet: memory does not suffice; free some, or give less at a time\n")
