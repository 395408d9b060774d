from __future__ import annotations

import shutil
import subprocess

import pytest

from pi.processors import PROCESSORS
from pi.roots import ROOTS

BITS_32 = ("Pi Zero", "Pi 2")


def test_cpuinfo_is_that_of_the_board() -> None:
    blocks = PROCESSORS["Pi 4"].cpuinfo.split("\n\n")
    assert len(blocks) == 5
    first = dict(line.split("\t: ") for line in blocks[0].splitlines())
    assert first["processor"] == "0"
    assert (first["CPU implementer"], first["CPU part"]) == ("0x41", "0xd08")
    assert "asimd" in first["Features"].split()
    assert blocks[-1] == "Model\t: Raspberry Pi 4 Model B Rev 1.4\n"
    assert len(PROCESSORS["Pi Zero"].cpuinfo.split("\n\n")) == 2


def test_only_a_pi_5_has_dot_products() -> None:
    assert [name for name, one in PROCESSORS.items() if "asimddp" in one.features.split()] == ["Pi 5"]


@pytest.mark.parametrize("board", list(PROCESSORS))
def test_qemu_knows_the_processor(board: str) -> None:
    program = "qemu-arm-static" if board in BITS_32 else "qemu-aarch64-static"
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: apt install qemu-user-static")
    known = subprocess.run([program, "-cpu", "help"], capture_output=True, text=True).stdout.split()
    assert PROCESSORS[board].qemu_cpu in known


def test_every_board_is_tried_with_some_root() -> None:
    assert {board for root in ROOTS.values() for board in root.boards} == set(PROCESSORS)
