"""Each machine is built as the wheel is, says what it lacks, and its counts get the names of workloads."""

from __future__ import annotations

import platform
import shutil

import pytest

from benchmarks import instruction_machines
from benchmarks.instruction_counters import CountingError
from benchmarks.instruction_machines import KERNEL, MACHINES, RUNTIME, assignments, by_workload, lacks, version_in

X86_64, ARM64 = MACHINES[0], MACHINES[1]


def on(monkeypatch: pytest.MonkeyPatch, system: str, machine: str, *programs: str) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(shutil, "which", lambda name: name if name in programs else None)
    monkeypatch.setattr(instruction_machines, "describe_machine", lambda: {"features": ["sse4_1"]})


def test_what_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, "Linux", "x86_64")
    assert lacks(X86_64, "scalar") == "valgrind is not installed: apt install valgrind"
    assert lacks(ARM64, "neon") == "qemu-aarch64-static is not installed: apt install qemu-user-static"
    on(monkeypatch, "Linux", "x86_64", "valgrind", "qemu-aarch64-static")
    assert lacks(X86_64, "scalar") is None
    assert lacks(X86_64, "avx2") == "this processor lacks AVX2, which valgrind needs for it"
    assert lacks(ARM64, "neon") is None
    on(monkeypatch, "Linux", "aarch64", "valgrind")
    assert lacks(X86_64, "scalar") == "this is Linux on aarch64; valgrind runs programs of its own processor alone"
    on(monkeypatch, "Darwin", "arm64", "valgrind")
    assert lacks(X86_64, "scalar") == "this is Darwin on arm64; instructions are counted on Linux"


def test_flags_are_those_of_the_wheel() -> None:
    wheel = assignments(KERNEL.read_text(encoding="utf-8"))
    assert "-ffp-contract=off" in wheel["FLAGS"]
    assert "-fno-unwind-tables" in wheel["LINUX_FLAGS"]
    assert "avx2" in wheel["FAST"]["-O3"]
    named = [name for names in wheel["FAST"].values() for name in names]
    assert [name for name in named if not (RUNTIME / "csrc" / f"{name}.c").is_file()] == []


def test_what_is_no_literal_is_left_out() -> None:
    assert assignments("import os\nA = ['-O3']\nB = A + [1]\nC.d = 1\nE = os.name == 'posix'") == {"A": ["-O3"]}


def test_the_wheel_runs_on_the_same_processors() -> None:
    wheels = (RUNTIME / "build_wheels.py").read_text(encoding="utf-8")
    for machine in MACHINES[:3]:  # there is no wheel for Armv6
        assert f'"{machine.cpu}", ' in wheels, machine.name


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("valgrind-3.19.0\n", "3.19.0"),
        ("qemu-aarch64 version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c) 2003-2022\n", "7.2.22"),
        ("unknown\n", "unknown"),
    ],
)
def test_versions(said: str, version: str) -> None:
    assert version_in(said) == version


def test_steps_are_the_difference_of_two_runs() -> None:
    counts = by_workload(["open", "lstm 16", "lstm 32", "gru 16", "gru 32"], [500, 1_700, 3_301, 900, 1_700])
    assert counts == {"open": 500, "lstm": 100, "gru": 50}


@pytest.mark.parametrize("counts", [[], [500], [500, 0], [500, 600, 700]])
def test_every_workload_has_a_count(counts: list[int]) -> None:
    with pytest.raises(
        CountingError, match=r"the program ran \['open', 'text'\] and was counted .*; expected a count for each"
    ):
        by_workload(["open", "text"], counts)
