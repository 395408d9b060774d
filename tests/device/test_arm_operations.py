"""Operations and activations give the same bits on every Raspberry Pi's processor, under qemu, as on this machine."""

from __future__ import annotations

import functools
import struct
from pathlib import Path

import pytest

from device.machines import MACHINES
from device.toolchains import ROOT, Machine, compile_with, require, sources
from runtime.native.operations.cases import cases
from runtime.native.operations.runner import Answer, answers
from runtime.native.operations.test_activation import CASES as ACTIVATIONS
from runtime.rotation import every_nth

PROGRAM = ROOT / "tests" / "native_c" / "operation_runner.c"
CASES = [*cases(), *ACTIVATIONS.values()]


@functools.cache
def built(toolchain: str, folder: Path) -> str:
    program = folder / f"operations-{toolchain}"
    compile_with(toolchain, *sources(), str(PROGRAM), "-o", str(program))
    return str(program)


def bits(found: list[Answer | str] | None) -> list[list[str]]:
    """Floats as hexadecimal digits, step by step; all that are not a number alike."""
    assert found is not None
    return [[struct.pack("<f", x).hex() if x == x else "nan" for step in answer[1] for x in step] for answer in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operations")


@pytest.fixture(scope="module")
def reference(folder: Path) -> list[list[str]]:
    return bits(answers([built("host", folder)], "scalar", CASES))


@pytest.mark.parametrize("machine", every_nth(3, MACHINES, first=2), ids=lambda machine: machine.name)
def test_every_tier_gives_the_bits_of_this_machine(machine: Machine, folder: Path, reference: list[list[str]]) -> None:
    program = built(machine.toolchain, folder)
    require(machine.emulator[0], "apt install qemu-user-static")
    for tier in machine.tiers:
        got = bits(answers([*machine.emulator, program], tier, CASES))
        differing = [
            str(case.operation) for case, one, other in zip(CASES, got, reference, strict=True) if one != other
        ]
        assert differing == [], tier
