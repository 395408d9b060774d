"""CRC-32 and SHA-256 are the same on every processor, by every unit that it runs: checksums.c under qemu."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import pytest

from device.machines import MACHINES
from device.toolchains import CSRC, Machine, compile_with, require, run

PROGRAM = Path(__file__).with_name("checksums.c")
SOURCES = [str(CSRC / f"{name}.c") for name in ("checksum", "crc32", "processor", "sha256", "support")]
LENGTHS = (*range(201), 1023, 1024, 1025, 4099, 1_000_003)
CONTENT = bytes((n * n + n // 251) & 255 for n in range(max(LENGTHS)))

EXPECTED = {
    "sha256": [hashlib.sha256(CONTENT[:length]).hexdigest() for length in LENGTHS],
    "crc32": [str(zlib.crc32(CONTENT[:length])) for length in LENGTHS],
}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_unit_gives_the_same_checksums(machine: Machine, tmp_path: Path) -> None:
    require(machine.emulator[0], "apt install qemu-user-static")
    compile_with(machine.toolchain, *SOURCES, str(PROGRAM), "-o", str(tmp_path / "checksums"))
    printed = run([*machine.emulator, str(tmp_path / "checksums"), *map(str, LENGTHS)])
    found: dict[str, list[str]] = {"sha256": [], "crc32": []}
    for line in printed.splitlines():
        checksum, unit, *values = line.split()
        assert values == EXPECTED[checksum], (checksum, unit)
        found[checksum].append(unit)
    is_64_bit = machine.toolchain.startswith("aarch64")  # qemu's 64-bit processors have both extensions of Armv8
    units = ["portable", "armv8"] if is_64_bit else ["portable"]
    assert found == {"sha256": units, "crc32": units}
