"""No workload takes 2 % more instructions than the committed baseline says; and the command that counts them."""

from __future__ import annotations

import functools
import os
import platform
import warnings
from pathlib import Path

import pytest

from benchmarks import instructions
from benchmarks.instruction_baseline import BASELINE, WORKLOADS, Baseline, compare, markdown, other_compiler
from benchmarks.instruction_machines import MACHINES, Machine, build, count, lacks, zig_version
from benchmarks.instruction_workloads import write_workloads

COLUMNS = [
    pytest.param(machine, tier, id=f"{machine.name}-{tier}") for machine in MACHINES for tier in machine.processors
]
CI_MUST_COUNT = bool(os.environ.get("CI")) and (platform.system(), platform.machine()) == ("Linux", "x86_64")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("instructions")
    write_workloads(written)
    return written


@functools.cache
def program(name: str, folder: Path) -> Path:
    (machine,) = (machine for machine in MACHINES if machine.name == name)
    return build(machine, folder)


def test_the_baseline_is_of_the_installed_compiler() -> None:
    pytest.importorskip("ziglang", reason="pip install ziglang")
    assert other_compiler(zig_version(), Baseline.from_json(BASELINE.read_text())) is None


@pytest.mark.slow
@pytest.mark.parametrize(("machine", "tier"), COLUMNS)
def test_no_workload_takes_more_than_the_baseline(machine: Machine, tier: str, folder: Path) -> None:
    pytest.importorskip("ziglang", reason="pip install ziglang")
    reason = lacks(machine, tier)
    if reason and CI_MUST_COUNT:
        pytest.fail(f"{reason}; CI is set, so this must not be skipped")
    if reason:
        pytest.skip(reason)
    counts = count(machine, tier, program(machine.name, folder), folder)
    assert counts.keys() == WORKLOADS.keys()
    found = compare(machine.name, tier, counts, Baseline.from_json(BASELINE.read_text()))
    for warning in found.warnings:
        warnings.warn(warning, stacklevel=1)
    assert not found.failures, "\n".join(found.failures)


COUNTS = {"x86-64": {"avx2": dict.fromkeys(WORKLOADS, 1_000)}}


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a page and a baseline, and a machine that counts COUNTS."""
    page = tmp_path / "performance.md"
    page.write_text("## Instructions, counted\n\n| none |\n\nEnd.\n")
    (tmp_path / "instructions.json").write_text(Baseline("1.0", {}, COUNTS).to_json())
    monkeypatch.setattr(instructions, "PAGE", page)
    monkeypatch.setattr(instructions, "BASELINE", tmp_path / "instructions.json")
    monkeypatch.setattr(instructions, "missing", dict)
    monkeypatch.setattr(instructions, "zig_version", lambda: "1.0")
    monkeypatch.setattr(instructions, "counter_versions", lambda: {"valgrind": "3.19.0"})
    monkeypatch.setattr(instructions, "measure", lambda: COUNTS)
    return tmp_path


def test_counts_are_printed_and_judged(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert instructions.main([]) == 0
    assert capsys.readouterr() == (markdown(Baseline("1.0", {}, COUNTS)), "")


def test_too_many_fail(committed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"x86-64": {"avx2": {**COUNTS["x86-64"]["avx2"], "open": 1_100, "text": 900}}}
    monkeypatch.setattr(instructions, "measure", lambda: more)
    monkeypatch.setattr(instructions, "zig_version", lambda: "2.0")
    assert instructions.main(["--json"]) == 1
    printed, said = capsys.readouterr()
    assert Baseline.from_json(printed).instructions == more
    warning, compiler, failure = said.splitlines()
    assert warning.startswith("warning: x86-64 avx2, text: 900 instructions, 10.0% below the 1,000")
    assert compiler.startswith("zig 2.0 is installed")
    assert failure.startswith("x86-64 avx2, open: 1,100 instructions, 10.0% above the 1,000")


def test_accepted_counts_are_in_the_report_and_on_the_page(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "zig_version", lambda: "2.0")
    assert instructions.main(["--accept"]) == 0
    accepted = Baseline.from_json((committed / "instructions.json").read_text())
    assert accepted == Baseline("2.0", {"valgrind": "3.19.0"}, COUNTS)
    page = (committed / "performance.md").read_text()
    assert page == f"## Instructions, counted\n\n{markdown(accepted)}\nEnd.\n"


def test_what_cannot_be_counted_is_named_and_never_accepted(
    committed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instructions, "missing", lambda: {"armv6 scalar": "no qemu"})
    before = (committed / "instructions.json").read_bytes()
    assert instructions.main([]) == 0
    assert capsys.readouterr().err == "armv6 scalar: not counted: no qemu\n"
    with pytest.raises(SystemExit):
        instructions.main(["--accept"])
    assert "a baseline has every tier, and 1 cannot be counted here" in capsys.readouterr().err
    assert (committed / "instructions.json").read_bytes() == before
