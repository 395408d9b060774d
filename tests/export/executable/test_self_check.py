import json
import os

import pytest

from drupelet_export.executable import self_check
from drupelet_export.executable.targets import named_target

PC = named_target("linux-x86_64")
REPORT = {"passed": True, "failures": [], "tier": "scalar", "suites": {}}


@pytest.fixture
def program(tmp_path):
    """A function that writes a program which this machine runs."""

    def write(text, name="program"):
        path = tmp_path / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    return write


@pytest.fixture(autouse=True)
def pc(monkeypatch):
    """A PC without qemu."""
    monkeypatch.setattr(self_check.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(self_check.shutil, "which", lambda name: None)


def says(report, status=0):
    return f"cat <<'END'\n{json.dumps(report)}\nEND\nexit {status}"


def test_a_self_check_that_passes(program):
    found = self_check.run_self_check(program(f'[ "$*" = "--verify --json" ] || exit 9\n{says(REPORT)}'), PC)
    assert (found.passed, found.how, found.report) == (True, "on this machine", REPORT)


def test_a_self_check_that_fails_says_where_it_ran(program):
    found = self_check.run_self_check(program(says({**REPORT, "failures": ["edge: too far"]}, 1)), PC)
    assert (found.passed, found.failures) == (False, ("edge: too far",))


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("echo oops >&2; exit 2", "exit status 2, it said oops"),
        ("exit 0", "exit status 0, it said nothing"),
        (says(REPORT, 1), "exit status 1, it said nothing"),
        ("kill -SEGV $$", "exit status -11, it said nothing"),
    ],
)
def test_a_self_check_that_crashes_has_not_passed(program, text, failure):
    found = self_check.run_self_check(program(text), PC)
    assert (found.passed, found.failures, found.reason) == (False, (failure,), None)


def test_a_self_check_that_hangs_has_not_passed(program, monkeypatch):
    monkeypatch.setattr(self_check, "TIMEOUT_SECONDS", 0.2)
    assert self_check.run_self_check(program("exec sleep 20"), PC).failures == ("not finished after 0.2 s",)


def test_variables_that_choose_another_tier_are_left_out(program, monkeypatch):
    monkeypatch.setenv("DRUPELET_TIER", "sclar")
    monkeypatch.setenv("QEMU_CPU", "max")
    assert self_check.run_self_check(program(f'[ -z "$DRUPELET_TIER$QEMU_CPU" ] || exit 9\n{says(REPORT)}'), PC).passed


def test_another_processor_is_emulated(program, monkeypatch):
    qemu = program(f'[ "$1 $2 $4 $5" = "-cpu cortex-a72 --verify --json" ] || exit 9\n{says(REPORT)}', "qemu-aarch64")
    monkeypatch.setattr(self_check.shutil, "which", lambda name: str(qemu) if name == "qemu-aarch64" else None)
    monkeypatch.setenv("PATH", f"{qemu.parent}:{os.environ['PATH']}")
    found = self_check.run_self_check(program("exit 9"), named_target("rpi-4"))
    assert (found.passed, found.how) == (True, "under qemu-aarch64 -cpu cortex-a72")


def test_without_an_emulator_it_is_not_run(program):
    found = self_check.run_self_check(program("exit 9"), named_target("rpi-zero"))
    assert (found.passed, found.how, found.failures) == (False, None, ())
    assert found.reason == "this machine (x86_64) cannot run it; install qemu-arm (apt install qemu-user-static)"


def test_a_processor_that_lacks_instructions_is_no_failure(program):
    found = self_check.run_self_check(program("kill -ILL $$"), PC)
    assert found.failures == ()
    assert found.reason.startswith(
        "on this machine: this processor lacks instructions of baseline; this machine (x86_64)"
    )


def test_a_place_without_execution_is_no_failure(program):
    path = program("exit 0")
    path.chmod(0o644)
    assert self_check.run_self_check(path, PC).reason.startswith("on this machine: Permission denied; ")
