"""The processors of Raspberry Pis: their names in qemu, and their ``/proc/cpuinfo`` on the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CORES = 4


@dataclass(frozen=True)
class Processor:
    """A board's processor. ``qemu_cpu`` is its name in qemu-user. The other fields are those of ``/proc/cpuinfo``."""

    model: str
    qemu_cpu: str
    architecture: str
    part: str
    features: str
    cores: int = CORES

    @property
    def cpuinfo(self) -> str:
        """``/proc/cpuinfo`` of the board. Libraries read it to choose instructions, and some crash without it."""
        fields = {
            "BogoMIPS": "108.00",
            "Features": self.features,
            "CPU implementer": "0x41",
            "CPU architecture": self.architecture,
            "CPU variant": "0x0",
            "CPU part": self.part,
            "CPU revision": "4",
        }
        cores = [{"processor": str(core), **fields} for core in range(self.cores)]
        blocks = [*cores, {"Model": self.model}]
        return "\n".join("".join(f"{name}\t: {value}\n" for name, value in block.items()) for block in blocks)


ARMV8 = "fp asimd evtstrm crc32 cpuid"
ARMV8_2 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
ARMV7 = "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm"

PROCESSORS: Mapping[str, Processor] = {
    "Pi Zero": Processor(
        "Raspberry Pi Zero W Rev 1.1", "arm1176", "7", "0xb76", "half thumb fastmult vfp edsp java tls", cores=1
    ),
    "Pi 2": Processor("Raspberry Pi 2 Model B Rev 1.1", "cortex-a7", "7", "0xc07", ARMV7),
    "Pi 3": Processor("Raspberry Pi 3 Model B Plus Rev 1.3", "cortex-a53", "8", "0xd03", ARMV8),
    "Pi 4": Processor("Raspberry Pi 4 Model B Rev 1.4", "cortex-a72", "8", "0xd08", ARMV8),
    "Pi 5": Processor("Raspberry Pi 5 Model B Rev 1.0", "cortex-a76", "8", "0xd0b", ARMV8_2),
}
"""Processors by the board's name. A Pi Zero 2 has a Pi 3's processor. qemu cannot emulate a 64-bit processor in 32-bit mode."""
