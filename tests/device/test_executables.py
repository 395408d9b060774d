"""``drupelet compile`` for every target: the executables run under qemu, and answer bit for bit like the native engine."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import drupelet
from device.networks import texts as odd_texts
from device.toolchains import ROOT, compiler_of, require
from drupelet.comparison import GATES
from drupelet.goldens import read_goldens
from drupelet_export.executable.build import (
    MAX_BYTES_BESIDE_MODEL,
    Executable,
    ExecutableError,
    build_executable,
    prepare,
)
from drupelet_export.executable.c_compiler import build_folder, find_compiler
from drupelet_export.executable.embedded_goldens import encode
from drupelet_export.executable.sources import write_sources
from drupelet_export.executable.targets import TARGETS, Target, named_target
from runtime.rotation import every_nth

IMDB = ROOT / "artifacts" / "imdb"
TIERS = {
    "rpi-zero": ["scalar"],
    "rpi-2": ["scalar", "neon"],
    "rpi-3": ["scalar", "neon"],
    "rpi-4": ["scalar", "neon"],
    "rpi-5": ["scalar", "neon", "neondot"],
}
"""The tiers that each board's processor runs. The tiers of this PC are detected."""
HELD_OUT_TEXTS = 24
LONGEST_TEXT = 100_000

targets = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


@functools.cache
def executable(target: Target, folder: Path) -> Executable:
    compiler_of("aarch64-zig")
    if target.name != "linux-x86_64" or platform.machine() != "x86_64":
        require(f"{target.qemu}-static", "apt install qemu-user-static")
    return build_executable(prepare(drupelet.open_bundle(IMDB)), target, folder / target.name)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("executables")


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Lines of UTF-8: reviews that are mostly not in the executable, edge texts without line feeds, and odd bytes."""
    goldens = read_goldens((IMDB / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    held_out = [golden.whole_text for golden in goldens if golden.suite == "held_out"][:: 256 // HELD_OUT_TEXTS]
    edge = [golden.whole_text for golden in goldens if golden.suite == "edge" and golden.times < LONGEST_TEXT]
    lines = [text.replace("\n", " ").rstrip("\r\n") for text in [*held_out, *edge, *odd_texts()]]
    return [line for line in lines if not any("\ud800" <= character <= "\udfff" for character in line)]


@pytest.fixture(scope="session")
def expected(texts: list[str]) -> list[dict[str, Any]]:
    """The answers of the native engine on this machine."""
    answers = drupelet.load(IMDB, "native").predict(texts)
    return [
        {"label": label, "probability": probability, "probabilities": list(probabilities), "n_tokens": n_tokens}
        for label, probability, probabilities, n_tokens in answers
    ]


def command(target: Target) -> list[str]:
    """The command in front of an executable on this machine."""
    native = target.name == "linux-x86_64" and platform.machine() == "x86_64"
    return [] if native else [f"{target.qemu}-static", "-cpu", target.qemu_cpu]


def run(target: Target, program: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in ("DRUPELET_TIER", "QEMU_CPU")}
    return subprocess.run(
        [*command(target), str(program), *arguments], input=stdin, capture_output=True, timeout=300, env=environment
    )


def tiers(target: Target, program: Path) -> list[str]:
    if target.name in TIERS:
        return TIERS[target.name]
    described = run(target, program, "--version").stdout.decode().splitlines()[-1].partition(" of: ")[2]
    return [part for part in described.split("; ") if "," not in part]


@pytest.mark.parametrize("target", every_nth(3, TARGETS), ids=lambda target: target.name)
def test_every_tier_answers_with_the_bits_of_the_native_engine(
    target: Target, folder: Path, texts: list[str], expected: list[dict[str, Any]]
) -> None:
    program = executable(target, folder).path
    stdin = "".join(text + "\n" for text in texts).encode()
    for tier in tiers(target, program):
        done = run(target, program, "--json", "--tier", tier, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, b"")
        assert json.loads(done.stdout)["predictions"] == expected, tier  # repr of a float64 reads back as the same one


@targets
def test_it_chooses_the_best_tier(target: Target, folder: Path) -> None:
    program = executable(target, folder).path
    version = run(target, program, "--version").stdout.decode()
    assert version.splitlines()[-1].startswith(f"tier      {tiers(target, program)[-1]} of: scalar")
    refused = run(target, program, "--tier", "avx9", "text")
    assert refused.returncode == 2
    assert b"--tier is 'avx9', expected one of scalar" in refused.stderr


@targets
def test_it_verifies_itself_and_counts_what_it_compared(target: Target, folder: Path) -> None:
    compiled = executable(target, folder)
    assert compiled.self_check.passed
    done = run(target, compiled.path, "--verify", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["passed"]) == (0, True)
    assert report["suites"]["edge"]["n"] == report["suites"]["edge"]["n_in_bundle"] == 23
    assert report["suites"]["held_out"]["n"] >= 20
    assert report["suites"]["held_out"]["n_in_bundle"] == 256
    assert {suite["bit_mismatches"] for suite in report["suites"].values()} == {0}


@pytest.mark.long
def test_it_measures_itself_on_32_bits(folder: Path) -> None:
    target = named_target("rpi-zero")
    report = json.loads(run(target, executable(target, folder).path, "--bench", "--json").stdout)
    assert 0 < report["latency_us"]["p50"] <= report["latency_us"]["p95"] < 60e6
    assert report["tier"] == "scalar"


@targets
def test_an_executable_is_within_the_size_limit(target: Target, folder: Path) -> None:
    compiled = executable(target, folder)
    model = (IMDB / "model.wi8.drupelet").stat().st_size
    assert compiled.path.stat().st_size - model <= MAX_BYTES_BESIDE_MODEL == 232_000


def test_the_same_bundle_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    target = named_target("rpi-zero")
    again = build_executable(prepare(drupelet.open_bundle(IMDB)), target, tmp_path / "somewhere else" / "program")
    assert again.sha256 == executable(target, folder).sha256
    assert again.sha256 == hashlib.sha256(executable(target, folder).path.read_bytes()).hexdigest()


def test_a_wrong_golden_is_found_on_the_device(folder: Path, tmp_path: Path) -> None:
    """The check can fail: it does when Keras's answer to one text is changed."""
    target = named_target("rpi-zero")
    executable(target, folder)  # or skips
    prepared = prepare(drupelet.open_bundle(IMDB))
    suites = list(prepared.suites)
    first = suites[0].goldens[0]
    wrong = replace(first, golden=replace(first.golden, probabilities=tuple(reversed(first.golden.probabilities))))
    suites[0] = replace(suites[0], goldens=(wrong, *suites[0].goldens[1:]))
    goldens = encode(suites, prepared.content.model, GATES["wi8"], 2)
    changed = replace(prepared, content=replace(prepared.content, goldens=goldens))
    with pytest.raises(
        ExecutableError, match=r"fails its own --verify under qemu-arm-static .*held_out: 1 of \d+ labels"
    ):
        build_executable(changed, target, tmp_path / "program")
    assert list(tmp_path.iterdir()) == []


def test_emitted_sources_build_the_same_executable(folder: Path, tmp_path: Path) -> None:
    compiled = executable(named_target("rpi-2"), folder)
    write_sources(tmp_path, compiled.prepared.content)
    build_folder(find_compiler(), tmp_path, compiled.target, "classify")
    assert (tmp_path / "classify").read_bytes() == compiled.path.read_bytes()
